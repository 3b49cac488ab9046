import { CLUSTER_SET_LABEL } from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { ManagedClusterSet } from '../../../apis/cluster/v1beta2.ts'
import type { LabelSelector } from '../../../apis/meta/v1.ts'
import { selects } from '../../../kube/index.ts'
import { BY_CLUSTER_SET, BY_SELECTOR_TYPE, type HubInformers } from '../hub-informers.ts'

/** Which clusters are in which sets: by the label that names one set, or by a selector of the set's. */
export class ClusterSetMembership {
  readonly #informers: Pick<HubInformers, 'clusters' | 'clusterSets'>

  constructor(informers: Pick<HubInformers, 'clusters' | 'clusterSets'>) {
    this.#informers = informers
  }

  clustersOf(set: ManagedClusterSet): readonly ManagedCluster[] {
    const { store } = this.#informers.clusters
    const selector = selectorOf(set)
    if (selector === undefined) return store.byIndex(BY_CLUSTER_SET, set.metadata.name ?? '')
    return store.list().filter(({ metadata }) => selects(selector, metadata.labels ?? {}))
  }

  setsOf({ metadata: { labels = {} } }: ManagedCluster): readonly ManagedClusterSet[] {
    const { store } = this.#informers.clusterSets
    const exclusive = store.get(labels[CLUSTER_SET_LABEL] ?? '')
    const isIn = exclusive !== undefined && selectorOf(exclusive) === undefined
    const selecting = store.byIndex(BY_SELECTOR_TYPE, 'LabelSelector').filter((set) => {
      const selector = selectorOf(set)
      return selector && selects(selector, labels)
    })
    return isIn ? [exclusive, ...selecting] : selecting
  }
}

/** Undefined for a set whose members carry its name. */
function selectorOf({ spec }: ManagedClusterSet): LabelSelector | undefined {
  const { selectorType, labelSelector } = spec?.clusterSelector ?? {}
  if (selectorType !== 'LabelSelector') return undefined
  return (labelSelector ?? NOTHING) as LabelSelector
}

/** In Go, a selector that is not there selects nothing. */
const NOTHING: LabelSelector = { matchExpressions: [{ key: 'x', operator: 'In', values: [] }] }
