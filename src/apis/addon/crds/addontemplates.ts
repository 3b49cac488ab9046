// By way of src/apis: the linter takes ../work for src/work.
import { type ManifestWorkSpec, manifestWorkSpec } from '../../../apis/work/crds/manifestwork-spec.ts'
import { enumeration, kind, list, named, object, required, string } from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import type { Infer } from '../../schema/schema.ts'
import { ADD_ON_TEMPLATES } from '../v1alpha1.ts'
import { signerName, subjectV1Alpha1 } from './shared.ts'

const permission = object('A role on the hub.', {
  type: required(
    enumeration("In the cluster's namespace, or in one of all clusters.", [
      'CurrentCluster',
      'SingleNamespace',
    ]),
  ),
  currentCluster: object('For CurrentCluster.', { clusterRoleName: required(string('The ClusterRole.')) }),
  singleNamespace: object('For SingleNamespace.', {
    namespace: required(string('The namespace.')),
    roleRef: required(
      object(
        'The Role or ClusterRole.',
        {
          apiGroup: required(string('rbac.authorization.k8s.io')),
          kind: required(string('Role or ClusterRole.')),
          name: required(string('Its name.')),
        },
        { atomic: true },
      ),
    ),
  }),
})
export interface HubPermissionConfig extends Infer<typeof permission> {}

const kubeClient = object('For KubeClient.', {
  hubPermissions: list('What the agent may do on the hub.', named<HubPermissionConfig>(permission)),
})
export interface KubeClientRegistrationConfig extends Infer<typeof kubeClient> {}

const customSigner = object('For CustomSigner.', {
  signerName: required(signerName),
  subject: subjectV1Alpha1,
  signingCA: required(
    object('The Secret with the authority that signs.', {
      name: required(string('Its name.')),
      namespace: string('Its namespace. Absent means that of the add-on manager.'),
    }),
  ),
})
export interface CustomSignerRegistrationConfig extends Infer<typeof customSigner> {}

const registration = object('An identity of the agent on the hub.', {
  type: required(
    enumeration("For the hub's API server, or for something else.", ['KubeClient', 'CustomSigner']),
  ),
  kubeClient: named<KubeClientRegistrationConfig>(kubeClient),
  customSigner: named<CustomSignerRegistrationConfig>(customSigner),
})
export interface TemplateRegistration extends Infer<typeof registration> {}

const spec = object('What the add-on consists of.', {
  addonName: required(string('The add-on.')),
  agentSpec: required(named<ManifestWorkSpec>(manifestWorkSpec)),
  registration: list('Identities of the agent on the hub.', named<TemplateRegistration>(registration)),
})
export interface AddOnTemplateSpec extends Infer<typeof spec> {}

const schema = kind('An add-on that needs no controller of its own.', {
  spec: required(named<AddOnTemplateSpec>(spec)),
})
/** An add-on that needs no controller of its own. */
export interface AddOnTemplate extends Infer<typeof schema> {}

export const ADD_ON_TEMPLATE_RESOURCE: CustomResource = {
  resource: ADD_ON_TEMPLATES,
  kind: 'AddOnTemplate',
  versions: ['v1alpha1', 'v1beta1'].map((name) => ({
    name,
    schema,
    hasStatus: false,
    columns: [{ name: 'ADDON NAME', type: 'string', jsonPath: '.spec.addonName' }],
  })),
}
