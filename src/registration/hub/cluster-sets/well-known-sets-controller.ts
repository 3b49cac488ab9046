import {
  CLUSTER_SET_AUTO_UPDATE_ANNOTATION,
  DEFAULT_CLUSTER_SET_NAME,
  GLOBAL_CLUSTER_SET_NAME,
} from '../../../apis/cluster/constants.ts'
import type { ManagedClusterSelector, ManagedClusterSet } from '../../../apis/cluster/v1beta2.ts'
import { type Controller, isAlreadyExists, objectPredicate } from '../../../kube/index.ts'
import type { HubContext } from '../hub-context.ts'

const WELL_KNOWN: ReadonlyMap<string, ManagedClusterSelector> = new Map<string, ManagedClusterSelector>([
  [DEFAULT_CLUSTER_SET_NAME, { selectorType: 'ExclusiveClusterSetLabel' }],
  [GLOBAL_CLUSTER_SET_NAME, { selectorType: 'LabelSelector', labelSelector: {} }],
])

/** Keeps the set of clusters that are in no other, and the set of all, unless somebody has asked for them to be left alone. */
export function addWellKnownSetsController({ manager, informers }: HubContext): Controller {
  const { store, resource } = informers.clusterSets
  const controller = manager.controller({
    name: 'well-known-cluster-sets',
    async reconcile({ name }, { signal, log }) {
      const clusterSelector = WELL_KNOWN.get(name)
      if (!clusterSelector) return
      const set = store.get(name)
      if (!set) {
        try {
          await resource.create(
            { kind: 'ManagedClusterSet', metadata: { name }, spec: { clusterSelector } },
            { signal },
          )
          log.info('cluster set was missing, it has been made')
        } catch (error) {
          if (!isAlreadyExists(error)) throw error
        }
        return
      }
      if (set.metadata.deletionTimestamp || isLeftAlone(set) || isAsWanted(set, clusterSelector)) return
      await resource.update({ ...set, spec: { ...set.spec, clusterSelector } }, { signal })
      log.info('cluster set was changed, its selector has been restored')
    },
  })
  for (const name of WELL_KNOWN.keys()) controller.enqueue({ name })
  return controller.watch(informers.clusterSets, {
    predicates: [objectPredicate(({ metadata }) => WELL_KNOWN.has(metadata.name ?? ''))],
  })
}

function isLeftAlone({ metadata }: ManagedClusterSet): boolean {
  return metadata.annotations?.[CLUSTER_SET_AUTO_UPDATE_ANNOTATION] === 'false'
}

function isAsWanted({ spec }: ManagedClusterSet, wanted: ManagedClusterSelector): boolean {
  const { selectorType, labelSelector } = spec?.clusterSelector ?? {}
  if (selectorType !== wanted.selectorType) return false
  if (!wanted.labelSelector) return !labelSelector
  const { matchLabels, matchExpressions } = labelSelector ?? {}
  return (
    labelSelector !== undefined &&
    Object.keys(matchLabels ?? {}).length === 0 &&
    (matchExpressions ?? []).length === 0
  )
}
