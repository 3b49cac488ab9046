import type { Pod } from '../apis/core/v1.ts'
import { PODS } from '../apis/resources.ts'
import type { Informer, Manager } from '../kube/index.ts'

const BY_NODE = 'node'

/** All Pods, to be found by their nodes. */
export function podsByNode(manager: Manager): Informer<Pod> {
  return manager.informers.for<Pod>(PODS, { indexers: { [BY_NODE]: nodeOf } })
}

/** Of an informer that `podsByNode` has given. */
export function podsOn(informer: Informer<Pod>, nodeName: string): readonly Pod[] {
  return informer.store.byIndex(BY_NODE, nodeName)
}

function nodeOf({ spec }: Pod): string[] {
  return spec?.nodeName ? [spec.nodeName] : []
}
