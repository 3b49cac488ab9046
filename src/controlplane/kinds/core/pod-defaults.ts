import { sumQuantities } from '../field-checks/index.ts'
import { type Container, type Pod, type PodSpec, podSpecDefaults, type ResourceList } from '../pod/index.ts'

/** What a pod has, and a template has not, when a client leaves it out. */
export function podDefaults(pod: Pod): Pod {
  const { containers, initContainers, ...rest } = podSpecDefaults(pod.spec ?? {})
  const complete = (container: Container) => withRequests(withHostPorts(container, rest.hostNetwork === true))
  const spec: PodSpec = {
    ...rest,
    ...(containers ? { containers: containers.map(complete) } : {}),
    ...(initContainers ? { initContainers: initContainers.map(complete) } : {}),
    enableServiceLinks: rest.enableServiceLinks ?? true,
  }
  return { ...pod, spec: withPodRequests(spec) }
}

/** Who does not say what a container needs needs all that it may have. */
function withRequests(container: Container): Container {
  const { resources } = container
  if (!resources?.limits) return container
  return {
    ...container,
    resources: { ...resources, requests: { ...resources.limits, ...resources.requests } },
  }
}

/** In the host's network, a container's port is the host's. */
function withHostPorts(container: Container, isHostNetwork: boolean): Container {
  const { ports } = container
  if (!isHostNetwork || !ports) return container
  return {
    ...container,
    ports: ports.map((port) => ({ ...port, hostPort: port.hostPort || port.containerPort })),
  }
}

/** A pod with limits as a whole needs what its containers need, and of anything else all that it may have. */
function withPodRequests(spec: PodSpec): PodSpec {
  const { resources, containers } = spec
  if (!resources?.limits) return spec
  const needed = totalRequests(containers ?? [])
  return {
    ...spec,
    resources: { ...resources, requests: { ...resources.limits, ...needed, ...resources.requests } },
  }
}

function totalRequests(containers: readonly Container[]): ResourceList {
  const amounts = new Map<string, string[]>()
  for (const { resources } of containers) {
    for (const name of ['cpu', 'memory']) {
      const quantity = resources?.requests?.[name]
      if (quantity !== undefined) amounts.set(name, [...(amounts.get(name) ?? []), quantity])
    }
  }
  return Object.fromEntries([...amounts].map(([name, quantities]) => [name, sumQuantities(quantities)]))
}
