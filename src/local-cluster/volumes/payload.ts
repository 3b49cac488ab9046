import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  VolumeProjection,
} from '../../apis/core/v1.ts'
import { fieldValue, resourceValue } from '../environment/index.ts'
import type { Payload, ProjectedFile } from './atomic-folder.ts'
import { VolumeError } from './errors.ts'

/** What the API server writes into volumes that do not say. */
export const DEFAULT_MODE = 0o644

/** Which of an object's keys become which files, all of them where there are no items. */
interface Selection {
  readonly items?: readonly KeyToPath[] | undefined
  readonly optional?: boolean | undefined
}

export function secretPayload({ data = {} }: Secret, selection: Selection, mode: number): Payload {
  return select(decoded(data), selection, mode, 'secret')
}

export function configMapPayload(
  { data = {}, binaryData = {} }: ConfigMap,
  selection: Selection,
  mode: number,
): Payload {
  const texts = Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const)
  return select(new Map([...texts, ...decoded(binaryData)]), selection, mode, 'config')
}

export function downwardPayload(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  allocatable?: Readonly<Record<string, string | number>>,
): Payload {
  const { nodeName = '' } = pod.spec ?? {}
  const place = { nodeName, podIP: pod.status?.podIP ?? '', hostIP: pod.status?.hostIP ?? '' }
  const files = new Map<string, ProjectedFile>()
  for (const item of items) {
    const { path, fieldRef, resourceFieldRef } = item
    const text = fieldRef
      ? fieldValue(pod, fieldRef.fieldPath, place)
      : resourceFieldRef
        ? resourceValue(
            { ...resourceFieldRef, divisor: String(resourceFieldRef.divisor ?? '0') },
            pod,
            undefined,
            allocatable,
          )
        : ''
    files.set(path, { data: Buffer.from(text), mode: item.mode ?? mode })
  }
  return files
}

/** What a projected volume is made of. Objects that are not there are undefined; tokens are by the place of their source. */
export interface ProjectionSources {
  secret(name: string): Secret | undefined
  configMap(name: string): ConfigMap | undefined
  readonly pod: Pod
  /** See `downwardPayload`. */
  readonly allocatable?: Readonly<Record<string, string | number>> | undefined
  token(index: number): string
}

/** Later sources go before earlier ones with the same path. */
export function projectedPayload(
  projections: readonly VolumeProjection[],
  mode: number,
  sources: ProjectionSources,
): Payload {
  const files = new Map<string, ProjectedFile>()
  projections.forEach((projection, index) => {
    for (const [path, file] of payloadOf(projection, index, mode, sources)) files.set(path, file)
  })
  return files
}

function payloadOf(
  { secret, configMap, downwardAPI, serviceAccountToken, ...others }: VolumeProjection,
  index: number,
  mode: number,
  sources: ProjectionSources,
): Payload {
  if (secret) {
    const found = present(sources.secret(secret.name ?? ''), 'secret', secret)
    return secretPayload(found, secret, mode)
  }
  if (configMap) {
    const found = present(sources.configMap(configMap.name ?? ''), 'configmap', configMap)
    return configMapPayload(found, configMap, mode)
  }
  if (downwardAPI) return downwardPayload(sources.pod, downwardAPI.items ?? [], mode, sources.allocatable)
  if (serviceAccountToken)
    return new Map([[serviceAccountToken.path, { data: Buffer.from(sources.token(index)), mode }]])
  const [kind = 'nothing'] = Object.keys(others)
  throw new VolumeError(
    `a local cluster cannot project ${kind}: it knows secret, configMap, downwardAPI and serviceAccountToken`,
  )
}

/**
 * The object, or an empty one in place of an optional one.
 *
 * @throws VolumeError
 */
export function present<T extends Secret | ConfigMap>(
  object: T | undefined,
  kind: 'secret' | 'configmap',
  { name = '', optional = false }: { readonly name?: string; readonly optional?: boolean },
): T {
  if (object) return object
  if (!optional) throw new VolumeError(`${kind} "${name}" not found`)
  return { metadata: { name } } as T
}

function select(
  values: ReadonlyMap<string, Buffer>,
  { items, optional = false }: Selection,
  mode: number,
  kind: 'secret' | 'config',
): Payload {
  const files = new Map<string, ProjectedFile>()
  if (!items || items.length === 0) {
    for (const [key, data] of values) files.set(key, { data, mode })
    return files
  }
  for (const item of items) {
    const data = values.get(item.key)
    if (data) files.set(item.path, { data, mode: item.mode ?? mode })
    else if (!optional) throw new VolumeError(`references non-existent ${kind} key: ${item.key}`)
  }
  return files
}

function decoded(data: Readonly<Record<string, string>>): Map<string, Buffer> {
  return new Map(Object.entries(data).map(([key, base64]) => [key, Buffer.from(base64, 'base64')]))
}
