import type { JsonValue } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import { plainJson, type RawJson } from './json-number.ts'
import { MalformedBody } from './malformed-body.ts'
import { parseJson } from './parse-json.ts'
import { readYaml } from './yaml.ts'

/**
 * What the body of a patch says, of which only the type of patch knows the shape.
 *
 * @throws StatusError BadRequest
 */
export function decodePatch(body: Buffer, format: 'json' | 'yaml'): JsonValue {
  try {
    const value: RawJson = format === 'yaml' ? readYaml(body).value : parseJson(body.toString()).value
    return plainJson(value)
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error
    const what = format === 'yaml' ? 'error decoding YAML: ' : ''
    throw badRequest(`${what}${error.message}`)
  }
}
