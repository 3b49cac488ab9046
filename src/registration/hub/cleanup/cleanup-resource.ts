import { MANAGED_CLUSTER_ADD_ONS } from '../../../apis/addon/v1alpha1.ts'
import { CLEANUP_PRIORITY_ANNOTATION } from '../../../apis/cluster/constants.ts'
import type { KubeObject, ObjectMeta } from '../../../apis/meta/v1.ts'
import { MANIFEST_WORKS } from '../../../apis/work/v1.ts'
import { ConfigError } from '../../../common/errors.ts'
import { isNotFound, type KubeClient, type ResourceDefinition } from '../../../kube/index.ts'
import type { HubInformers } from '../hub-informers.ts'

/** What goes with a cluster unless somebody says otherwise: add-ons first, for they clean up by ManifestWorks. */
export const DEFAULT_CLEANUP_RESOURCES: readonly string[] = [
  'addon.open-cluster-management.io/v1beta1/managedclusteraddons',
  'work.open-cluster-management.io/v1/manifestworks',
]

const LAST_PRIORITY = 100

/** Throws a ConfigError unless the text is `group/version/resource`. */
export function parseCleanupResource(text: string): ResourceDefinition {
  const [group, version, plural, ...rest] = text.split('/')
  if (group === undefined || !version || !plural || rest.length > 0)
    throw new ConfigError(`--gc-resource-list: ${JSON.stringify(text)} is not group/version/resource`)
  return { group, version, plural, namespaced: true }
}

/** Things of one kind in the namespaces of clusters. */
export interface CleanupResource {
  readonly definition: ResourceDefinition
  /** Whether an event will tell when something has gone. */
  readonly isWatched: boolean
  list(namespace: string, signal: AbortSignal): Promise<readonly KubeObject[]>
}

/** Of the kinds that are in memory anyway nothing is asked of the API. */
export function cleanupResource(
  definition: ResourceDefinition,
  { addOns, works }: HubInformers,
  client: KubeClient,
): CleanupResource {
  const watched = [
    { of: MANAGED_CLUSTER_ADD_ONS, store: addOns.store },
    { of: MANIFEST_WORKS, store: works.store },
  ].find(({ of }) => of.group === definition.group && of.plural === definition.plural)
  return {
    definition,
    isWatched: watched !== undefined,
    list: async (namespace, signal) =>
      watched ? watched.store.list(namespace) : listMetadata(client, definition, namespace, signal),
  }
}

/** None where the API does not know the kind. */
async function listMetadata(
  client: KubeClient,
  { group, version, plural }: ResourceDefinition,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  try {
    const { items } = await client.request<{ readonly items?: readonly KubeObject[] | null }>({
      method: 'GET',
      path: `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`,
      accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
      signal,
    })
    return items ?? []
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

/** Those whose turn it is: of the lowest priority that there is. One that makes no sense is the lowest. */
export function firstToGo<T extends KubeObject>(objects: readonly T[]): readonly T[] {
  const lowest = Math.min(...objects.map(({ metadata }) => priorityOf(metadata)))
  return objects.filter(({ metadata }) => priorityOf(metadata) === lowest)
}

function priorityOf({ annotations }: ObjectMeta): number {
  const text = annotations?.[CLEANUP_PRIORITY_ANNOTATION] ?? ''
  const priority = /^[+-]?\d+$/.test(text) ? Number(text) : 0
  return priority >= 0 && priority <= LAST_PRIORITY ? priority : 0
}
