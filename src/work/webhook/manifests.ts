import { isJsonObject, type JsonValue } from '../../common/json.ts'
import { memberOf } from '../../common/json-tools.ts'

/** What all manifests of a work may take, as JSON. */
export const DEFAULT_MANIFEST_LIMIT_BYTES = 500 * 1024

/** What is wrong with the manifests of a work; undefined for nothing (ocm, pkg/work/webhook/common). */
export function manifestsProblem(
  manifests: readonly JsonValue[],
  limitBytes: number = DEFAULT_MANIFEST_LIMIT_BYTES,
): string | undefined {
  if (manifests.length === 0) return 'manifests should not be empty'
  const size = manifests.reduce<number>((sum, each) => sum + storedSize(each), 0)
  if (size > limitBytes) return `the size of manifests is ${size} bytes which exceeds the ${limitBytes} limit`
  const seen = new Set<string>()
  for (const manifest of manifests) {
    const problem = manifestProblem(manifest) ?? duplicateProblem(manifest, seen)
    if (problem) return problem
  }
  return undefined
}

/** What an API server, as all of Go, writes as `\u003c`, and how much longer that is. */
const ESCAPES = [
  [/[<>&]/g, 5],
  [/[\u2028\u2029]/g, 3],
] as const

/** As the original measures it: the JSON as a field of a protobuf message, with a tag and its length. */
function storedSize(manifest: JsonValue): number {
  const text = JSON.stringify(manifest)
  const escaped = ESCAPES.reduce((sum, [each, more]) => sum + more * (text.match(each)?.length ?? 0), 0)
  const bytes = Buffer.byteLength(text) + escaped
  let lengthBytes = 1
  for (let rest = bytes; rest >= 128; rest = Math.floor(rest / 128)) lengthBytes += 1
  return 1 + lengthBytes + bytes
}

function text(manifest: JsonValue, ...names: readonly string[]): string {
  const value = names.reduce<JsonValue | undefined>(memberOf, manifest)
  return typeof value === 'string' ? value : ''
}

function manifestProblem(manifest: JsonValue): string | undefined {
  if (!isJsonObject(manifest) || text(manifest, 'kind') === '')
    return `Object 'Kind' is missing in '${JSON.stringify(manifest)}'`
  if (text(manifest, 'metadata', 'name') === '') return 'name must be set in manifest'
  if (text(manifest, 'metadata', 'generateName') !== '') return 'generateName must not be set in manifest'
  return undefined
}

function duplicateProblem(manifest: JsonValue, seen: Set<string>): string | undefined {
  const [apiVersion, kind] = [text(manifest, 'apiVersion'), text(manifest, 'kind')]
  const [namespace, name] = [text(manifest, 'metadata', 'namespace'), text(manifest, 'metadata', 'name')]
  const key = JSON.stringify([apiVersion, kind, namespace, name])
  if (seen.has(key))
    return `duplicate manifest for resource ${namespace}/${name} with resource type ${apiVersion}.${kind}`
  seen.add(key)
  return undefined
}
