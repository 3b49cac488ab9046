import { ADD_ON_GROUP, INSTALL_NAMESPACE_ANNOTATION } from '../../../apis/addon/constants.ts'
import type { ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { ObjectMeta } from '../../../apis/meta/v1.ts'

type Annotations = Readonly<Record<string, string>>

/** What a cluster says to all its add-ons, such as which cluster hosts them. */
export function annotationsForAddOns({ metadata }: ManagedCluster): Annotations {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => isForAddOns(key)))
}

/**
 * The add-on with the annotations of its cluster, and no others of the kind; undefined if it has them. In v1alpha1 the namespace of the agent
 * is no annotation but a field. The original resets it with every change of annotations unless the cluster names one: that loses what
 * people have set, and is not done here.
 */
export function withClusterAnnotations(
  addOn: ManagedClusterAddOn,
  fromCluster: Annotations,
): ManagedClusterAddOn | undefined {
  const { [INSTALL_NAMESPACE_ANNOTATION]: installNamespace, ...wanted } = fromCluster
  const { annotations: existing = {}, ...metadata } = addOn.metadata
  const own = Object.entries(existing).filter(([key]) => !isForAddOns(key))
  const annotations = { ...Object.fromEntries(own), ...wanted }
  const isNamespaceSame = installNamespace === undefined || installNamespace === addOn.spec.installNamespace
  if (isNamespaceSame && isSame(existing, annotations)) return undefined
  return {
    ...addOn,
    metadata: withAnnotations(metadata, annotations),
    spec: { ...addOn.spec, ...(installNamespace !== undefined && { installNamespace }) },
  }
}

function isForAddOns(key: string): boolean {
  return key.startsWith(ADD_ON_GROUP)
}

function withAnnotations(metadata: ObjectMeta, annotations: Annotations): ObjectMeta {
  return Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata
}

function isSame(one: Annotations, other: Annotations): boolean {
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key])
  )
}
