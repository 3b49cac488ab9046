import { isJsonObject, type JsonObject } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import type { KubeObject } from '../registry/index.ts'

/**
 * The container that a request is for: the one that it names, or the only one (kubernetes, pkg/registry/core/pod, validateContainer).
 *
 * @throws StatusError BadRequest
 */
export function requestedContainer(pod: KubeObject, wanted: string): string {
  const { name: podName = '' } = pod.metadata
  const containers = namesIn(pod, 'containers')
  const initContainers = namesIn(pod, 'initContainers')
  if (wanted !== '') {
    const all = [...containers, ...initContainers, ...namesIn(pod, 'ephemeralContainers')]
    if (all.includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${podName}`)
  }
  const [only, ...others] = containers
  if (only !== undefined && others.length === 0) return only
  const choice = only === undefined ? '' : `, choose one of: [${containers.join(' ')}]`
  const init =
    choice === '' || initContainers.length === 0
      ? ''
      : ` or one of the init containers: [${initContainers.join(' ')}]`
  throw badRequest(`a container name must be specified for pod ${podName}${choice}${init}`)
}

/** Where it runs; empty as long as nobody has decided that. */
export function nodeOf({ spec }: KubeObject): string {
  const name = isJsonObject(spec) ? spec.nodeName : undefined
  return typeof name === 'string' ? name : ''
}

function namesIn({ spec }: KubeObject, field: string): string[] {
  const containers = isJsonObject(spec) ? spec[field] : undefined
  if (!Array.isArray(containers)) return []
  return containers.filter(isJsonObject).map(({ name }: JsonObject) => String(name))
}
