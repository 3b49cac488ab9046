import { kind, named, object, string } from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import type { Infer } from '../../schema/schema.ts'
import { CLUSTER_CLAIMS } from '../v1alpha1.ts'

const spec = object('What the cluster tells.', {
  value: string('The fact. Its name is that of the object.', { minLength: 1, maxLength: 1024 }),
})
export interface ClusterClaimSpec extends Infer<typeof spec> {}

const schema = kind('A fact that a managed cluster tells the hub.', {
  spec: named<ClusterClaimSpec>(spec),
})
/** A fact that a managed cluster tells the hub. */
export interface ClusterClaim extends Infer<typeof schema> {}

export const CLUSTER_CLAIM_RESOURCE: CustomResource = {
  resource: CLUSTER_CLAIMS,
  kind: 'ClusterClaim',
  versions: [{ name: 'v1alpha1', schema, hasStatus: false }],
}
