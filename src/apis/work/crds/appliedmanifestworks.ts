import { kind, list, named, object, required, string, timestamp } from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import type { Infer } from '../../schema/schema.ts'
import { APPLIED_MANIFEST_WORKS } from '../v1.ts'

const spec = object('Which ManifestWork it belongs to.', {
  hubHash: required(string('SHA-256 of the address of the hub, in hex.')),
  manifestWorkName: required(string('The ManifestWork on the hub.')),
  agentID: string('The agent that applies it.'),
})
export interface AppliedManifestWorkSpec extends Infer<typeof spec> {}

const appliedResource = object('An object that was applied.', {
  group: string('Its API group. Empty for the core group.'),
  version: required(string('Its API version.')),
  resource: required(string('Its resource.')),
  name: required(string('Its name.')),
  namespace: string('Its namespace.'),
  uid: string('Tells it from others that had its name.'),
})
export interface AppliedManifestResource extends Infer<typeof appliedResource> {}

const status = object('What was applied.', {
  appliedResources: list('The objects.', named<AppliedManifestResource>(appliedResource)),
  evictionStartTime: timestamp('Since when the ManifestWork has been missed.'),
})
export interface AppliedManifestWorkStatus extends Infer<typeof status> {}

const schema = kind('What a ManifestWork has applied on this cluster.', {
  spec: named<AppliedManifestWorkSpec>(spec),
  status: named<AppliedManifestWorkStatus>(status),
})
/** What a ManifestWork has applied on this cluster. */
export interface AppliedManifestWork extends Infer<typeof schema> {}

export const APPLIED_MANIFEST_WORK_RESOURCE: CustomResource = {
  resource: APPLIED_MANIFEST_WORKS,
  kind: 'AppliedManifestWork',
  versions: [{ name: 'v1', schema }],
}
