import {
  boolean,
  bytes,
  enumeration,
  int32,
  kind,
  list,
  map,
  named,
  nullable,
  object,
  required,
  string,
  timestamp,
} from '../../schema/builder.ts'
import { AGE_COLUMN, type CustomResource, conditionColumn } from '../../schema/custom-resource.ts'
import { conditions, QUALIFIED_NAME_PATTERN, quantity } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { AVAILABLE_CONDITION, JOINED_CONDITION } from '../constants.ts'
import { MANAGED_CLUSTERS } from '../v1.ts'
import { managedNamespaceName } from './managed-namespace-name.ts'
import { TAINT_EFFECTS } from './taint-effects.ts'

export type { TaintEffect } from './taint-effects.ts'

const clientConfig = object('How to reach an API server of the cluster.', {
  url: required(string('Its address.')),
  caBundle: bytes('The authorities of its certificate. Absent means those of the system.'),
})
export interface ClientConfig extends Infer<typeof clientConfig> {}

const taint = object('Keeps Placements away that do not tolerate it.', {
  key: required(string('What is the matter.', { pattern: QUALIFIED_NAME_PATTERN, maxLength: 316 })),
  value: string('More about it.', { maxLength: 1024 }),
  effect: required(enumeration('How far Placements are kept away.', TAINT_EFFECTS)),
  timeAdded: nullable(timestamp('Since when it is there.')),
})
export interface Taint extends Infer<typeof taint> {}

const spec = object('What is wanted of the cluster.', {
  managedClusterClientConfigs: list(
    'API servers of the cluster, as seen from the hub.',
    named<ClientConfig>(clientConfig),
  ),
  hubAcceptsClient: boolean('Whether the hub accepts the cluster.'),
  leaseDurationSeconds: int32('How often the agent renews its Lease.', { default: 60 }),
  taints: list('Keep Placements away from the cluster.', named<Taint>(taint)),
})
export interface ManagedClusterSpec extends Infer<typeof spec> {}

const claim = object('A fact that the cluster tells of itself.', {
  name: string('The ClusterClaim or ClusterProperty on the cluster.', { minLength: 1, maxLength: 253 }),
  value: string('What it says.', { minLength: 1, maxLength: 1024 }),
})
export interface ManagedClusterClaim extends Infer<typeof claim> {}

const managedNamespace = object('A namespace on the cluster that a cluster set manages.', {
  name: required(managedNamespaceName()),
  clusterSet: required(string('The cluster set.')),
  conditions: conditions(),
})
export interface ClusterSetManagedNamespace extends Infer<typeof managedNamespace> {}

const status = object('What is known of the cluster.', {
  conditions: conditions(),
  capacity: map('All resources of the nodes.', quantity('How much of one resource.')),
  allocatable: map('The resources of the nodes that Pods may have.', quantity('How much of one resource.')),
  version: object('What the cluster runs.', { kubernetes: string('Version of Kubernetes.') }),
  clusterClaims: list('Facts that the cluster tells of itself.', named<ManagedClusterClaim>(claim)),
  managedNamespaces: list(
    'Namespaces of the cluster sets that the cluster is in.',
    named<ClusterSetManagedNamespace>(managedNamespace),
    { mapKeys: ['clusterSet', 'name'] },
  ),
})
export interface ManagedClusterStatus extends Infer<typeof status> {}

const schema = kind('A cluster that the hub manages, or that asks to be managed.', {
  spec: named<ManagedClusterSpec>(spec),
  status: named<ManagedClusterStatus>(status),
})
/** A cluster that the hub manages, or that asks to be managed. */
export interface ManagedCluster extends Infer<typeof schema> {}

export const MANAGED_CLUSTER_RESOURCE: CustomResource = {
  resource: MANAGED_CLUSTERS,
  kind: 'ManagedCluster',
  shortNames: ['mcl', 'mcls'],
  versions: [
    {
      name: 'v1',
      schema,
      columns: [
        { name: 'Hub Accepted', type: 'boolean', jsonPath: '.spec.hubAcceptsClient' },
        {
          name: 'Managed Cluster URLs',
          type: 'string',
          jsonPath: '.spec.managedClusterClientConfigs[*].url',
        },
        conditionColumn('Joined', JOINED_CONDITION),
        conditionColumn('Available', AVAILABLE_CONDITION),
        AGE_COLUMN,
      ],
    },
  ],
}
