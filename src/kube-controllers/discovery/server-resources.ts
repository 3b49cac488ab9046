import type { APIGroupDiscoveryList } from '../../apis/apidiscovery/v2.ts'
import type { KubeClient, ResourceDefinition } from '../../kube/index.ts'

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** A resource that the API serves, and what can be done with it. */
export interface ServerResource {
  readonly definition: ResourceDefinition
  readonly kind: string
  readonly verbs: readonly string[]
}

export interface ServerResources {
  /** Each once, in the version that its group prefers. */
  readonly resources: readonly ServerResource[]
  /** Such as `metrics.k8s.io/v1beta1`: the server behind did not say what it has. */
  readonly stale: readonly string[]
}

/** Everything that the API serves (client-go's `ServerPreferredResources`). */
export async function discoverResources(client: KubeClient, signal?: AbortSignal): Promise<ServerResources> {
  const resources = new Map<string, ServerResource>()
  const stale: string[] = []
  for (const path of ['/api', '/apis']) {
    const { items } = await client.request<APIGroupDiscoveryList>({
      method: 'GET',
      path,
      accept: AGGREGATED,
      signal,
    })
    for (const { metadata, versions = [] } of items) {
      const group = metadata?.name ?? ''
      for (const { version, resources: served = [], freshness } of versions) {
        if (freshness === 'Stale') stale.push(`${group}/${version}`)
        for (const { resource: plural, responseKind, scope, verbs } of served) {
          const id = `${plural}.${group}`
          if (!responseKind || resources.has(id)) continue
          const definition = { group, version, plural, namespaced: scope === 'Namespaced' }
          resources.set(id, { definition, kind: responseKind.kind, verbs })
        }
      }
    }
  }
  return { resources: [...resources.values()], stale }
}

export function supports({ verbs }: ServerResource, ...wanted: readonly string[]): boolean {
  return wanted.every((verb) => verbs.includes(verb))
}
