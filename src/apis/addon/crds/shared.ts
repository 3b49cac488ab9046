import { rolloutStrategy } from '../../cluster/crds/rollout-strategy.ts'
import {
  enumeration,
  int64,
  list,
  named,
  object,
  required,
  string,
  withDefault,
} from '../../schema/builder.ts'
import { conditions } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'

/** What kinds and versions of the group have in common. */

export const groupResource = {
  group: string('The API group of the configuration.', { default: '' }),
  resource: required(string('Its resource.', { minLength: 1 })),
}

const referentFields = {
  name: required(string('Its name.', { minLength: 1 })),
  namespace: string('Its namespace. Absent for objects of the cluster.'),
}
const referent = object('A configuration.', referentFields)
export interface ConfigReferent extends Infer<typeof referent> {}
export const configReferent = named<ConfigReferent>(referent)

const config = object('A configuration.', { ...groupResource, ...referentFields })
export interface AddOnConfig extends Infer<typeof config> {}
export const addOnConfig = named<AddOnConfig>(config)

const specHash = object('A configuration and what it said.', {
  ...referentFields,
  specHash: string('SHA-256 of its spec, in hex.'),
})
export interface ConfigSpecHash extends Infer<typeof specHash> {}
export const configSpecHash = named<ConfigSpecHash>(specHash)

/** A list of the resources that an add-on takes configurations from. */
export const supportedConfigs = list(
  'From which resources the add-on takes configurations.',
  object('A resource.', groupResource),
  { mapKeys: ['group', 'resource'] },
)

const meta = object('The add-on, for people.', {
  displayName: string('Its name.'),
  description: string('What it does.'),
})
export interface AddOnMeta extends Infer<typeof meta> {}
export const addOnMeta = named<AddOnMeta>(meta)

const coordinates = object('Deprecated: where its custom resource is.', {
  crdName: string('The CustomResourceDefinition.'),
  crName: string('The object.'),
  lastObservedGeneration: int64('Its generation that was read last.'),
})
export interface AddOnCoordinates extends Infer<typeof coordinates> {}
export const addOnCoordinates = named<AddOnCoordinates>(coordinates)

const placementFields = {
  namespace: required(string('The namespace of the Placement.', { minLength: 1 })),
  name: required(string('The Placement.', { minLength: 1 })),
}

const placementStrategy = object('A Placement that chooses clusters.', {
  ...placementFields,
  configs: list('Configurations on these clusters.', addOnConfig),
  rolloutStrategy: withDefault(rolloutStrategy, { type: 'All' }),
})
export interface PlacementStrategy extends Infer<typeof placementStrategy> {}

const strategy = object(
  'Who installs the add-on on clusters.',
  {
    type: enumeration('People, or Placements.', ['Manual', 'Placements'], { default: 'Manual' }),
    placements: list(
      'For Placements. The first that chooses a cluster counts.',
      named<PlacementStrategy>(placementStrategy),
      {
        mapKeys: ['namespace', 'name'],
      },
    ),
  },
  { default: { type: 'Manual' } },
)
export interface InstallStrategy extends Infer<typeof strategy> {}
export const installStrategy = named<InstallStrategy>(strategy)

const defaultReference = object('A default configuration.', {
  ...groupResource,
  desiredConfig: configSpecHash,
})
export interface DefaultConfigReference extends Infer<typeof defaultReference> {}
export const defaultConfigReferences = list(
  'The default configurations.',
  named<DefaultConfigReference>(defaultReference),
)

const installReference = object('A configuration on the clusters of a Placement.', {
  ...groupResource,
  desiredConfig: configSpecHash,
  lastKnownGoodConfig: configSpecHash,
  lastAppliedConfig: configSpecHash,
})
export interface InstallConfigReference extends Infer<typeof installReference> {}

const progression = object('How far the clusters of a Placement are.', {
  ...placementFields,
  configReferences: list('Their configurations.', named<InstallConfigReference>(installReference)),
  conditions: conditions(),
})
export interface InstallProgression extends Infer<typeof progression> {}
export const installProgressions = list(
  'How far the clusters of each Placement are.',
  named<InstallProgression>(progression),
)

const objectReference = object('An object that belongs to the add-on.', {
  group: required(string('Its API group.')),
  resource: required(string('Its resource.')),
  name: required(string('Its name.')),
  namespace: string('Its namespace.'),
})
export interface ObjectReference extends Infer<typeof objectReference> {}
export const relatedObjects = list(
  'Objects that belong to the add-on.',
  named<ObjectReference>(objectReference),
)

export const signerName = string('Who signs the certificate.', {
  minLength: 5,
  maxLength: 571,
  pattern: '^([a-z0-9][a-z0-9-]*[a-z0-9]\\.)+[a-z]+\\/[a-z0-9-\\.]+$',
})

export const userAndGroups = {
  user: string('The user.'),
  groups: list('The groups.', string('A group.')),
}

const subject = object('Whom a certificate is for.', {
  ...userAndGroups,
  organizationUnit: list('The organization units.', string('A unit.')),
})
export interface SubjectV1Alpha1 extends Infer<typeof subject> {}
export const subjectV1Alpha1 = named<SubjectV1Alpha1>(subject)
