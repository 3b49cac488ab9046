import { arrayFlag, boolFlag, ignoredFlag, listFlag, stringFlag } from '../../common/flags.ts'
import { IMAGE_FLAGS } from '../install/image-options.ts'
import { RESOURCE_FLAGS } from '../install/resource-requirement.ts'

const SINGLETON = 'install via helm chart directly'
const forSingleton = ignoredFlag(arrayFlag([], 'Only for --singleton.'))

/** Those of the original, but for `publish-cluster-info`. */
export const INIT_FLAGS = {
  ...IMAGE_FLAGS,
  ...RESOURCE_FLAGS,
  wait: boolFlag(false, 'Wait until the control plane runs.'),
  output: stringFlag('text', 'How to show the command to join with: text, json or yaml.', {
    shorthand: 'o',
    placeholder: 'FORMAT',
  }),
  'output-file': stringFlag('', 'Write the manifests to this file, too.', { placeholder: 'FILE' }),
  'output-join-command-file': stringFlag('', 'Write the command to join with to this file, as a script.', {
    placeholder: 'FILE',
  }),
  force: boolFlag(false, 'Leave out all checks.'),
  'use-bootstrap-token': boolFlag(
    false,
    'Have clusters join with a bootstrap token, rather than one of a service account.',
  ),
  'create-namespace': boolFlag(true, 'Create the namespace open-cluster-management; else it must be there.'),
  'cluster-manager-values-file': stringFlag(
    '',
    "Values for the original's Helm chart; they win over flags.",
    {
      placeholder: 'FILE',
    },
  ),
  'enable-sync-labels': boolFlag(false, 'Give the labels of the ClusterManager to all that is made for it.'),
  'publish-cluster-info': boolFlag(
    true,
    "Let anybody read the hub's address and CA, so that clusters can verify it before they show their token.",
  ),
  'feature-gates': listFlag([], 'Gate=true or Gate=false, as many as you like.', { placeholder: 'LIST' }),
  'registration-drivers': listFlag([], 'How clusters may register: csr, awsirsa, grpc.', {
    placeholder: 'LIST',
  }),
  'hub-cluster-arn': stringFlag('', 'ARN of this cluster, for awsirsa.', { placeholder: 'ARN' }),
  'aws-resource-tags': listFlag([], 'Tags of what is created in AWS, for awsirsa.', { placeholder: 'LIST' }),
  'auto-approved-csr-identities': listFlag([], 'Users whose clusters are accepted by themselves, for csr.', {
    placeholder: 'USERS',
  }),
  'auto-approved-arn-patterns': listFlag(
    [],
    'ARNs of clusters that are accepted by themselves, for awsirsa.',
    {
      placeholder: 'PATTERNS',
    },
  ),
  'auto-approved-grpc-identities': listFlag(
    [],
    'Users whose clusters are accepted by themselves, for grpc.',
    {
      placeholder: 'USERS',
    },
  ),
  'grpc-server': stringFlag('', 'Host of the gRPC server, for grpc.', { placeholder: 'HOST' }),
  'grpc-endpoint-type': stringFlag('hostname', 'How the gRPC server is reached: hostname or loadBalancer.', {
    placeholder: 'TYPE',
  }),
  singleton: boolFlag(false, 'Install the multicluster control plane.', { deprecated: SINGLETON }),
  'singleton-name': stringFlag('singleton-controlplane', 'Its name.', { deprecated: SINGLETON }),
  values: { ...forSingleton, shorthand: 'f' },
  set: forSingleton,
  'set-string': forSingleton,
  'set-file': forSingleton,
  'set-json': forSingleton,
  'set-literal': forSingleton,
} as const

/** Which of the flags have an effect with --singleton alone. */
export const SINGLETON_FLAGS = ['values', 'set', 'set-string', 'set-file', 'set-json', 'set-literal'] as const
