import { notFound } from '../api/status.ts'
import type { ObjectRequest, SpecialEndpoint, SpecialEndpoints } from '../endpoints/index.ts'
import type { KubeObject } from '../registry/index.ts'
import type { PodRuntime } from './pod-runtime.ts'
import { proxyAnswer } from './proxy-answer.ts'
import { type ProxyTarget, podTarget, proxyName, serviceTarget } from './proxy-target.ts'

export interface ProxyComponents {
  /** Objects as they are now, by the names of their resources in the store. */
  readonly objects: {
    get(resource: string, namespace: string, name: string): KubeObject | undefined
    list(resource: string, namespace: string): readonly KubeObject[]
  }
  /** @throws StatusError when a pod cannot be reached */
  runtimeOf(pod: KubeObject): PodRuntime
}

const PODS = { group: '', resource: 'pods' }
const SERVICES = { group: '', resource: 'services' }
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** HTTP to programs in pods, directly or by a Service. Connections that become something else are not carried. */
export function proxyEndpoints({ objects, runtimeOf }: ProxyComponents): SpecialEndpoints {
  const carry = (request: ObjectRequest, isTls: boolean, { pod: name, port }: ProxyTarget) => {
    const { namespace } = request.info
    const pod = objects.get('pods', namespace, name)
    if (!pod) throw notFound(PODS, name)
    const runtime = runtimeOf(pod)
    return proxyAnswer(request, isTls, () => runtime.connect({ namespace, name }, port))
  }
  const toPod: SpecialEndpoint = async (request) => {
    const named = proxyName('pod', request.info.name)
    const pod = objects.get('pods', request.info.namespace, named.name)
    if (!pod) throw notFound(PODS, named.name)
    return carry(request, named.isTls, podTarget(pod, named))
  }
  const toService: SpecialEndpoint = async (request) => {
    const { namespace, name } = request.info
    const named = proxyName('service', name)
    const service = objects.get('services', namespace, named.name)
    if (!service) throw notFound(SERVICES, named.name)
    const slices = objects.list('endpointslices.discovery.k8s.io', namespace)
    return carry(request, named.isTls, serviceTarget(service, slices, named))
  }
  const all = (endpoint: SpecialEndpoint) => Object.fromEntries(METHODS.map((method) => [method, endpoint]))
  return { '/pods/proxy': all(toPod), '/services/proxy': all(toService) }
}
