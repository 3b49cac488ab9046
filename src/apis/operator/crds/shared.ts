import { enumeration, int64, list, named, object, required, string } from '../../schema/builder.ts'
import { conditions, resourceRequirements } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'

/** What a ClusterManager and a Klusterlet both have. */

export type { NodePlacement } from '../../schema/node-placement.ts'

const featureGate = object('Switches a feature.', {
  feature: required(string('Its name.')),
  mode: enumeration('On or off.', ['Enable', 'Disable'], { default: 'Disable' }),
})
export interface FeatureGate extends Infer<typeof featureGate> {}

export const featureGates = list(
  'Features that are switched otherwise than by default.',
  named<FeatureGate>(featureGate),
)

const requirement = object('What the containers need.', {
  type: enumeration(
    'As by default, nothing in particular, or what is said here.',
    ['Default', 'BestEffort', 'ResourceRequirement'],
    { default: 'Default' },
  ),
  resourceRequirements: resourceRequirements('For ResourceRequirement.'),
})
export interface ResourceRequirement extends Infer<typeof requirement> {}
export const resourceRequirement = named<ResourceRequirement>(requirement)

/** ARN of a cluster of EKS. */
export const EKS_CLUSTER_PATTERN = '^arn:aws:eks:([a-zA-Z0-9-]+):(\\d{12}):cluster/([a-zA-Z0-9-]+)$'

const meta = {
  group: required(string('Its API group.')),
  version: required(string('Its API version.')),
  resource: required(string('Its resource.')),
  namespace: string('Its namespace.'),
  name: required(string('Its name.')),
}

const relatedResource = object('An object of the installation.', meta)
export interface RelatedResourceMeta extends Infer<typeof relatedResource> {}

const generation = object('An object that the operator has applied.', {
  ...meta,
  lastGeneration: required(int64('Its generation when it was applied last.')),
})
export interface GenerationStatus extends Infer<typeof generation> {}

export const operatorStatus = object('What became of it.', {
  observedGeneration: int64('The generation that was dealt with last.'),
  conditions: conditions(),
  generations: list('Generations of what was applied.', named<GenerationStatus>(generation)),
  relatedResources: list('All objects of the installation.', named<RelatedResourceMeta>(relatedResource)),
})
