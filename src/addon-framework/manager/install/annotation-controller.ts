import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { Controller } from '../../../kube/index.ts'
import { attemptAll } from '../../objects/attempt-all.ts'
import { updateObject } from '../../objects/change-object.ts'
import { isInstalledByPlacements } from '../lifecycle.ts'
import type { ManagerContext } from '../manager-context.ts'
import { annotationsForAddOns, withClusterAnnotations } from './cluster-annotations.ts'

/** Add-ons of one cluster that are written at once. */
const CONCURRENCY = 4

/**
 * What a cluster says to its add-ons reaches those that Placements have installed also when it changes: `addon-annotation-controller` of the
 * original. Only a change is a reason, so that what people annotate on an add-on stays until then.
 */
export function addAnnotationController({ manager, informers }: ManagerContext): Controller {
  const { clusters, addOns, managements } = informers
  return manager
    .controller({
      name: 'addon-annotation-controller',
      concurrency: 2,
      reconcile: async ({ name }, { signal }) => {
        const cluster = clusters.store.get(name)
        if (!cluster) return
        const annotations = annotationsForAddOns(cluster)
        const installed = addOns.store.list(name).filter(({ metadata }) => {
          const management = managements.store.get(metadata.name ?? '')
          return management && isInstalledByPlacements(management)
        })
        await attemptAll(installed, CONCURRENCY, (addOn) =>
          updateObject(
            addOns.resource,
            addOn,
            (latest) => withClusterAnnotations(latest, annotations),
            signal,
          ),
        )
      },
    })
    .watch(clusters, { predicates: [ANNOTATIONS_CHANGED] })
}

const ANNOTATIONS_CHANGED = {
  onAdd: () => false,
  onUpdate: (previous: ManagedCluster, cluster: ManagedCluster) => textOf(previous) !== textOf(cluster),
  onDelete: () => false,
}

function textOf(cluster: ManagedCluster): string {
  return JSON.stringify(Object.entries(annotationsForAddOns(cluster)).sort())
}
