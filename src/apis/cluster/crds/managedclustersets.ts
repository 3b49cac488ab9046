import { enumeration, kind, list, named, object, required } from '../../schema/builder.ts'
import { AGE_COLUMN, type CustomResource, conditionColumn } from '../../schema/custom-resource.ts'
import { condition, labelSelector } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { CLUSTER_SET_EMPTY_CONDITION } from '../constants.ts'
import { MANAGED_CLUSTER_SETS } from '../v1beta2.ts'
import { managedNamespaceName } from './managed-namespace-name.ts'

const selector = object(
  'Which clusters are in the set.',
  {
    selectorType: required(
      enumeration(
        'Those with the label of this set, which are in no other, or those that a selector selects.',
        ['ExclusiveClusterSetLabel', 'LabelSelector'],
        { default: 'ExclusiveClusterSetLabel' },
      ),
    ),
    labelSelector: labelSelector('For LabelSelector. An empty one selects all.'),
  },
  { default: { selectorType: 'ExclusiveClusterSetLabel' } },
)
export interface ManagedClusterSelector extends Infer<typeof selector> {}

const managedNamespace = object('A namespace on the clusters of the set.', {
  name: required(managedNamespaceName()),
})
export interface ManagedNamespace extends Infer<typeof managedNamespace> {}

const spec = object(
  'What the set consists of.',
  {
    clusterSelector: named<ManagedClusterSelector>(selector),
    managedNamespaces: list(
      'Namespaces on the clusters of the set.',
      named<ManagedNamespace>(managedNamespace),
      { mapKeys: ['name'] },
    ),
  },
  { default: { clusterSelector: { selectorType: 'ExclusiveClusterSetLabel' } } },
)
export interface ManagedClusterSetSpec extends Infer<typeof spec> {}

const status = object('What is known of the set.', {
  conditions: list('Aspects of the observed state.', condition()),
})
export interface ManagedClusterSetStatus extends Infer<typeof status> {}

const schema = kind('A group of clusters that workloads and people may be bound to.', {
  spec: named<ManagedClusterSetSpec>(spec),
  status: named<ManagedClusterSetStatus>(status),
})
/** A group of clusters that workloads and people may be bound to. */
export interface ManagedClusterSet extends Infer<typeof schema> {}

export const MANAGED_CLUSTER_SET_RESOURCE: CustomResource = {
  resource: MANAGED_CLUSTER_SETS,
  kind: 'ManagedClusterSet',
  shortNames: ['mclset', 'mclsets'],
  versions: [
    { name: 'v1beta2', schema, columns: [conditionColumn('Empty', CLUSTER_SET_EMPTY_CONDITION), AGE_COLUMN] },
  ],
}
