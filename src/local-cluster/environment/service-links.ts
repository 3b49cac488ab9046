import type { Service } from '../../apis/core/v1.ts'

/** The Service that each container is told of, wherever it lives. */
const KUBERNETES = 'default/kubernetes'

/**
 * The variables by which containers find the Services of their namespace, and the API server (kubernetes, pkg/kubelet/envvars):
 * `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT`, and those of docker's links.
 *
 * @param isLinked whether the Pod wants those of its namespace, too
 */
export function serviceLinks(
  services: readonly Service[],
  namespace: string,
  isLinked: boolean,
): Map<string, string> {
  const variables = new Map<string, string>()
  const byName = new Map<string, Service>()
  for (const service of services) {
    const { namespace: own = '', name = '' } = service.metadata
    const isKubernetes = `${own}/${name}` === KUBERNETES
    // A Service of that name in the Pod's namespace goes before it, as in the original.
    if (isKubernetes && !byName.has(name)) byName.set(name, service)
    else if (own === namespace && isLinked) byName.set(name, service)
  }
  for (const service of byName.values()) addLinks(variables, service)
  return variables
}

function addLinks(variables: Map<string, string>, { metadata, spec }: Service): void {
  const { clusterIP = '', ports = [] } = spec ?? {}
  const [first] = ports
  if (clusterIP === '' || clusterIP === 'None' || !first) return
  const prefix = variableName(metadata.name ?? '')
  variables.set(`${prefix}_SERVICE_HOST`, clusterIP)
  variables.set(`${prefix}_SERVICE_PORT`, String(first.port))
  for (const { name, port } of ports) {
    if (name) variables.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port))
  }
  variables.set(`${prefix}_PORT`, linkUrl(clusterIP, first))
  for (const link of ports) {
    const { protocol = 'TCP', port } = link
    const named = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`
    variables.set(named, linkUrl(clusterIP, link))
    variables.set(`${named}_PROTO`, protocol.toLowerCase())
    variables.set(`${named}_PORT`, String(port))
    variables.set(`${named}_ADDR`, clusterIP)
  }
}

function linkUrl(host: string, { protocol = 'TCP', port }: { protocol?: string; port: number }): string {
  return `${protocol.toLowerCase()}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function variableName(name: string): string {
  const upper = name.replace(/[.-]/g, '_').toUpperCase()
  return /^\d/.test(upper) ? `_${upper}` : upper
}
