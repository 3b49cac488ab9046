import {
  anything,
  boolean,
  bytes,
  kind,
  list,
  named,
  object,
  required,
  string,
  timestamp,
} from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import { condition } from '../../schema/kubernetes.ts'
import type { Infer } from '../../schema/schema.ts'
import { CLUSTER_PROFILES } from '../v1alpha1.ts'

const spec = object('Which cluster it is.', {
  displayName: string('The cluster, for people.'),
  clusterManager: required(
    object(
      'Who manages the cluster.',
      { name: required(string('The name of the manager.')) },
      { validations: [{ rule: 'self == oldSelf', message: 'ClusterManager is immutable' }] },
    ),
  ),
})
export interface ClusterProfileSpec extends Infer<typeof spec> {}

const property = object('A fact about the cluster.', {
  name: required(string('What it is about.', { minLength: 1, maxLength: 253 })),
  value: required(string('The fact.', { minLength: 1, maxLength: 1024 })),
  lastObservedTime: timestamp('When it was found last.'),
})
export interface ClusterProperty extends Infer<typeof property> {}

const accessProvider = object('A way to get credentials for the cluster.', {
  name: required(string('The way.')),
  cluster: object('The cluster as in a kubeconfig.', {
    server: required(string('The address of the API server.')),
    'tls-server-name': string('The name in its certificate, if it is not that of the address.'),
    'insecure-skip-tls-verify': boolean('Whether its certificate is not verified.'),
    'certificate-authority': string('A file with the authorities of its certificate.'),
    'certificate-authority-data': bytes('The authorities of its certificate.'),
    'proxy-url': string('The proxy on the way.'),
    'disable-compression': boolean('Whether answers are not compressed.'),
    extensions: list(
      'More for those who know it.',
      object('An extension.', {
        name: required(string('Which one.')),
        extension: required(anything('What it says.')),
      }),
    ),
  }),
})
export interface AccessProvider extends Infer<typeof accessProvider> {}

const status = object('What is known of the cluster.', {
  conditions: list('Aspects of the observed state.', condition()),
  version: object('What the cluster runs.', { kubernetes: string('Version of Kubernetes.') }),
  properties: list('Facts about the cluster.', named<ClusterProperty>(property)),
  accessProviders: list('Ways to get credentials for the cluster.', named<AccessProvider>(accessProvider)),
  credentialProviders: list('Deprecated: as accessProviders.', named<AccessProvider>(accessProvider)),
})
export interface ClusterProfileStatus extends Infer<typeof status> {}

const schema = kind('A cluster of an inventory (KEP-4322).', {
  spec: required(named<ClusterProfileSpec>(spec)),
  status: named<ClusterProfileStatus>(status),
})
/** A cluster of an inventory (KEP-4322). */
export interface ClusterProfile extends Infer<typeof schema> {}

export const CLUSTER_PROFILE_RESOURCE: CustomResource = {
  resource: CLUSTER_PROFILES,
  kind: 'ClusterProfile',
  versions: [{ name: 'v1alpha1', schema }],
}
