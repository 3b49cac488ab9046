import { kind, list, named, object, string } from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import { condition } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { MANAGED_CLUSTER_SET_BINDINGS } from '../v1beta2.ts'

const spec = object('What is bound.', {
  clusterSet: string('The set, whose name the binding has, too.', { minLength: 1 }),
})
export interface ManagedClusterSetBindingSpec extends Infer<typeof spec> {}

const status = object('Whether it is bound.', {
  conditions: list('Aspects of the observed state.', condition()),
})
export interface ManagedClusterSetBindingStatus extends Infer<typeof status> {}

const schema = kind('Lets Placements of a namespace choose among the clusters of a set.', {
  spec: named<ManagedClusterSetBindingSpec>(spec),
  status: named<ManagedClusterSetBindingStatus>(status),
})
/** Lets Placements of a namespace choose among the clusters of a set. */
export interface ManagedClusterSetBinding extends Infer<typeof schema> {}

export const MANAGED_CLUSTER_SET_BINDING_RESOURCE: CustomResource = {
  resource: MANAGED_CLUSTER_SET_BINDINGS,
  kind: 'ManagedClusterSetBinding',
  shortNames: ['mclsetbinding', 'mclsetbindings'],
  versions: [{ name: 'v1beta2', schema }],
}
