import { bytes, kind, list, named, object, required, string } from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import { resourceRequirements } from '../../schema/kubernetes.ts'
import { type NodePlacement, nodePlacement } from '../../schema/node-placement.ts'
import type { Infer } from '../../schema/schema.ts'
import { DEFAULT_AGENT_INSTALL_NAMESPACE } from '../constants.ts'
import { ADD_ON_DEPLOYMENT_CONFIGS } from '../v1alpha1.ts'

const variable = object('A variable of the manifests.', {
  name: required(string('Its name.', { pattern: '^[a-zA-Z_][_a-zA-Z0-9]*$', maxLength: 255 })),
  value: string('Its value.', { maxLength: 1024 }),
})
export interface CustomizedVariable extends Infer<typeof variable> {}

const mirror = object('Where images are taken from.', {
  mirror: required(string('The registry that is used.')),
  source: string('The registry in whose place it is used. Absent means any.'),
})
export interface ImageMirror extends Infer<typeof mirror> {}

const proxy = object('Through which proxies the agent goes.', {
  httpProxy: string('For HTTP.'),
  httpsProxy: string('For HTTPS.'),
  caBundle: bytes('The authorities of the proxies.'),
  noProxy: string('What is reached without, separated by commas.'),
})
export interface ProxyConfig extends Infer<typeof proxy> {}

const requirements = object('What some containers need.', {
  containerID: required(
    string('<resource>:<name>:<container>, where * stands for any.', {
      pattern: '^(deployments|daemonsets|statefulsets|replicasets|jobs|cronjobs|pods|\\*):.+:.+$',
    }),
  ),
  resources: required(resourceRequirements('What they need.')),
})
export interface ContainerResourceRequirements extends Infer<typeof requirements> {}

const spec = object('How the agent is to be.', {
  customizedVariables: list('Variables of the manifests.', named<CustomizedVariable>(variable), {
    mapKeys: ['name'],
  }),
  nodePlacement: named<NodePlacement>(nodePlacement),
  registries: list('Where images are taken from. The first that fits counts.', named<ImageMirror>(mirror)),
  proxyConfig: named<ProxyConfig>(proxy),
  agentInstallNamespace: string('Where the agent is to be.', {
    default: DEFAULT_AGENT_INSTALL_NAMESPACE,
    pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$',
    maxLength: 63,
  }),
  resourceRequirements: list(
    'What containers need. The last that fits counts.',
    named<ContainerResourceRequirements>(requirements),
    { mapKeys: ['containerID'] },
  ),
})
export interface AddOnDeploymentConfigSpec extends Infer<typeof spec> {}

const schema = kind('A configuration of agents that many add-ons understand.', {
  spec: required(named<AddOnDeploymentConfigSpec>(spec)),
})
/** A configuration of agents that many add-ons understand. */
export interface AddOnDeploymentConfig extends Infer<typeof schema> {}

export const ADD_ON_DEPLOYMENT_CONFIG_RESOURCE: CustomResource = {
  resource: ADD_ON_DEPLOYMENT_CONFIGS,
  kind: 'AddOnDeploymentConfig',
  versions: ['v1alpha1', 'v1beta1'].map((name) => ({ name, schema, hasStatus: false })),
}
