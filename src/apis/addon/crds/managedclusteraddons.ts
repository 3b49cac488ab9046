import { enumeration, int64, kind, list, named, object, required, string } from '../../schema/builder.ts'
import { type CustomResource, conditionColumn } from '../../schema/custom-resource.ts'
import { conditions, DNS_LABEL_PATTERN } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { ADD_ON_CONDITION, DEFAULT_AGENT_INSTALL_NAMESPACE } from '../constants.ts'
import { MANAGED_CLUSTER_ADD_ONS } from '../v1alpha1.ts'
import {
  addOnConfig,
  addOnCoordinates,
  addOnMeta,
  configSpecHash,
  groupResource,
  relatedObjects,
  signerName,
  subjectV1Alpha1,
  supportedConfigs,
  userAndGroups,
} from './shared.ts'

const configs = list('Configurations on this cluster.', addOnConfig)

const driver = enumeration('How the agent gets its identity on the hub.', ['csr', 'token'])

const referenceFields = {
  ...groupResource,
  lastObservedGeneration: int64('Its generation that was read last.'),
  desiredConfig: configSpecHash,
  lastAppliedConfig: configSpecHash,
}

/** What both versions have in their status. */
const statusFields = {
  conditions: conditions(),
  relatedObjects,
  addOnMeta,
  supportedConfigs,
  namespace: string('Where the agent is.'),
  healthCheck: object('How the health is found out.', {
    mode: enumeration('By the Lease of the agent, or by the add-on.', ['Lease', 'Customized'], {
      default: 'Lease',
    }),
  }),
}

const specV1Alpha1 = object('How the add-on is to be on this cluster.', {
  installNamespace: string('Deprecated: where the agent is to be.', {
    default: DEFAULT_AGENT_INSTALL_NAMESPACE,
    pattern: DNS_LABEL_PATTERN,
    maxLength: 63,
  }),
  configs,
})
export interface ManagedClusterAddOnSpecV1Alpha1 extends Infer<typeof specV1Alpha1> {}

const registrationV1Alpha1 = object('An identity of the agent on the hub.', {
  signerName: required(signerName),
  subject: subjectV1Alpha1,
})
export interface RegistrationConfigV1Alpha1 extends Infer<typeof registrationV1Alpha1> {}

const configReferenceV1Alpha1 = object('A configuration that is in use.', {
  ...referenceFields,
  name: required(string('Deprecated: as in desiredConfig.', { minLength: 1 })),
  namespace: string('Deprecated: as in desiredConfig.'),
})
export interface ConfigReferenceV1Alpha1 extends Infer<typeof configReferenceV1Alpha1> {}

const statusV1Alpha1 = object('How the add-on is on this cluster.', {
  ...statusFields,
  addOnConfiguration: addOnCoordinates,
  configReferences: list('Configurations in use.', named<ConfigReferenceV1Alpha1>(configReferenceV1Alpha1)),
  registrations: list(
    'Identities of the agent on the hub.',
    named<RegistrationConfigV1Alpha1>(registrationV1Alpha1),
  ),
  kubeClientDriver: driver,
})
export interface ManagedClusterAddOnStatusV1Alpha1 extends Infer<typeof statusV1Alpha1> {}

const schemaV1Alpha1 = kind('An add-on on the cluster in whose namespace it is.', {
  spec: required(named<ManagedClusterAddOnSpecV1Alpha1>(specV1Alpha1)),
  status: named<ManagedClusterAddOnStatusV1Alpha1>(statusV1Alpha1),
})
/** An add-on on the cluster in whose namespace it is. */
export interface ManagedClusterAddOnV1Alpha1 extends Infer<typeof schemaV1Alpha1> {}

const spec = object('How the add-on is to be on this cluster.', { configs })
export interface ManagedClusterAddOnSpec extends Infer<typeof spec> {}

const kubeClient = object('For kubeClient.', {
  subject: object('Whom it stands for.', userAndGroups),
  driver,
})
export interface KubeClientConfig extends Infer<typeof kubeClient> {}

const customSigner = object('For customSigner.', {
  signerName: required(signerName),
  subject: object('Whom the certificate is for.', {
    ...userAndGroups,
    organizationUnits: list('The organization units.', string('A unit.')),
  }),
})
export interface CustomSignerConfig extends Infer<typeof customSigner> {}

const registration = object('An identity of the agent on the hub.', {
  type: required(
    enumeration("For the hub's API server, or for something else.", ['kubeClient', 'customSigner']),
  ),
  kubeClient: named<KubeClientConfig>(kubeClient),
  customSigner: named<CustomSignerConfig>(customSigner),
})
export interface RegistrationConfig extends Infer<typeof registration> {}

const configReference = object('A configuration that is in use.', referenceFields)
export interface ConfigReference extends Infer<typeof configReference> {}

const status = object('How the add-on is on this cluster.', {
  ...statusFields,
  configReferences: list('Configurations in use.', named<ConfigReference>(configReference)),
  registrations: list('Identities of the agent on the hub.', named<RegistrationConfig>(registration)),
})
export interface ManagedClusterAddOnStatus extends Infer<typeof status> {}

const schema = kind('An add-on on the cluster in whose namespace it is.', {
  spec: required(named<ManagedClusterAddOnSpec>(spec)),
  status: named<ManagedClusterAddOnStatus>(status),
})
/** An add-on on the cluster in whose namespace it is. */
export interface ManagedClusterAddOn extends Infer<typeof schema> {}

const columns = [
  conditionColumn('Available', ADD_ON_CONDITION.available),
  conditionColumn('Degraded', ADD_ON_CONDITION.degraded),
  conditionColumn('Progressing', ADD_ON_CONDITION.progressing),
]

export const MANAGED_CLUSTER_ADD_ON_RESOURCE: CustomResource = {
  resource: MANAGED_CLUSTER_ADD_ONS,
  kind: 'ManagedClusterAddOn',
  shortNames: ['mca', 'mcas'],
  versions: [
    { name: 'v1alpha1', schema: schemaV1Alpha1, columns },
    { name: 'v1beta1', schema, columns },
  ],
}
