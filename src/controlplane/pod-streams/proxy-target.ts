import { isJsonObject, type JsonObject } from '../api/json.ts'
import { badRequest, StatusError } from '../api/status.ts'
import type { KubeObject } from '../registry/index.ts'

const SCHEMES: readonly string[] = ['', 'http', 'https']
const DEFAULT_PORT = 80
const LAST_PORT = 65_535

/** What a path names that is to be proxied to. */
export interface ProxyName {
  readonly isTls: boolean
  readonly name: string
  /** A number, or a name; empty where it is not said. */
  readonly port: string
}

/** Where a request goes. */
export interface ProxyTarget {
  readonly pod: string
  readonly port: number
}

/**
 * `name`, `name:port` or `scheme:name:port` (k8s.io/apimachinery, SplitSchemeNamePort). `kind` is for the error, such as `pod`.
 *
 * @throws StatusError BadRequest
 */
export function proxyName(kind: string, text: string): ProxyName {
  const parts = text.split(':')
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts]
  if (parts.length > 3 || name === '' || !SCHEMES.includes(scheme))
    throw badRequest(`invalid ${kind} request ${JSON.stringify(text)}`)
  return { isTls: scheme === 'https', name, port }
}

/**
 * The port of a pod that is meant: the first that it declares, where none is named.
 *
 * @throws StatusError BadRequest
 */
export function podTarget(pod: KubeObject, { name, port }: ProxyName): ProxyTarget {
  if (port === '') return { pod: name, port: firstPort(pod) ?? DEFAULT_PORT }
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0
  if (number < 1 || number > LAST_PORT)
    throw badRequest(`invalid pod request ${JSON.stringify(`${name}:${port}`)}`)
  return { pod: name, port: number }
}

/**
 * One of the pods that are ready for a port of a Service (kubernetes, pkg/registry/core/service).
 *
 * @throws StatusError ServiceUnavailable
 */
export function serviceTarget(
  service: KubeObject,
  slices: readonly KubeObject[],
  { name, port }: ProxyName,
  random: () => number = Math.random,
): ProxyTarget {
  const portName = servicePortName(service, name, port)
  const targets = slices
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap((slice) => targetsIn(slice, portName))
  const target = targets[Math.floor(random() * targets.length)]
  if (target) return target
  throw new StatusError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`)
}

function firstPort({ spec }: KubeObject): number | undefined {
  for (const container of objectsIn(spec, 'containers'))
    for (const { containerPort } of objectsIn(container, 'ports'))
      if (typeof containerPort === 'number') return containerPort
  return undefined
}

function servicePortName({ spec }: KubeObject, name: string, port: string): string {
  if (!/^\d+$/.test(port)) return port
  const found = objectsIn(spec, 'ports').find((each) => each.port === Number(port))
  if (found) return String(found.name ?? '')
  const message = `no service port ${port} found for service ${JSON.stringify(name)}`
  throw new StatusError('ServiceUnavailable', message)
}

function targetsIn(slice: KubeObject, portName: string): ProxyTarget[] {
  const port = objectsIn(slice, 'ports').find(({ name }) => (name ?? '') === portName)?.port
  if (typeof port !== 'number') return []
  return objectsIn(slice, 'endpoints').flatMap(({ conditions, targetRef }) => {
    const isReady = !isJsonObject(conditions) || conditions.ready !== false
    const isPod = isJsonObject(targetRef) && targetRef.kind === 'Pod'
    return isReady && isPod ? [{ pod: String(targetRef.name), port }] : []
  })
}

function objectsIn(object: unknown, field: string): readonly JsonObject[] {
  const list = isJsonObject(object) ? object[field] : undefined
  return Array.isArray(list) ? list.filter(isJsonObject) : []
}
