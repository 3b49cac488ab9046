import { arrayFlag, boolFlag, intFlag, listFlag, stringFlag } from '../../common/flags.ts'
import { IMAGE_FLAGS } from '../install/image-options.ts'
import { RESOURCE_FLAGS } from '../install/resource-requirement.ts'

const YEAR_SECONDS = 31_536_000

/** Those of the original, two for the trust in the hub, and one for a token that nobody else is to see. */
export const JOIN_FLAGS = {
  'hub-token': stringFlag('', 'Token that the cluster introduces itself with.', { placeholder: 'TOKEN' }),
  'hub-token-file': stringFlag('', 'File with that token, or - for stdin, in place of --hub-token.', {
    placeholder: 'FILE',
  }),
  'hub-apiserver': stringFlag('', "URL of the hub's API server.", { placeholder: 'URL' }),
  'cluster-name': stringFlag('', 'Name of the cluster on the hub.', { placeholder: 'NAME' }),
  'hub-ca-hash': listFlag([], "sha256 of the public key of the hub's CA, by which the hub is verified.", {
    placeholder: 'HASHES',
  }),
  'ca-file': stringFlag('', "The hub's CA, by which it is verified.", { placeholder: 'FILE' }),
  'insecure-skip-hub-verification': boolFlag(false, 'Show the token to any server that answers at the URL.'),
  wait: boolFlag(false, 'Wait until the cluster has asked the hub to accept it.'),
  ...IMAGE_FLAGS,
  ...RESOURCE_FLAGS,
  'force-internal-endpoint-lookup': boolFlag(
    false,
    "Have the agent use the hub's own address of its API server, as where both are kind clusters.",
  ),
  'force-internal-endpoint-lookup-managed': boolFlag(
    false,
    "The same for the managed cluster's, in hosted mode.",
  ),
  mode: stringFlag('default', 'How to run the agent: default or hosted.', {
    shorthand: 'm',
    placeholder: 'MODE',
  }),
  'managed-cluster-kubeconfig': stringFlag('', "The managed cluster's kubeconfig, in hosted mode.", {
    placeholder: 'FILE',
  }),
  singleton: boolFlag(false, 'Run registration and work agent as one.'),
  'proxy-url': stringFlag('', 'HTTP proxy that the agent reaches the hub by.', { placeholder: 'URL' }),
  'proxy-ca-file': stringFlag('', "The proxy's CA.", { placeholder: 'FILE' }),
  'create-namespace': boolFlag(
    true,
    "Create the operator's namespace; else it must be there. The agent's is created in any case.",
  ),
  'enable-sync-labels': boolFlag(false, 'Give the labels of the Klusterlet to all that is made for it.'),
  'feature-gates': listFlag([], 'Gate=true or Gate=false, as many as you like.', { placeholder: 'LIST' }),
  'klusterlet-annotation': arrayFlag(
    [],
    'Annotation of the ManagedCluster, key=value; agent.open-cluster-management.io/ is put in front.',
    {
      placeholder: 'KEY=VALUE',
    },
  ),
  'klusterlet-values-file': stringFlag('', "Values for the original's Helm chart; they win over flags.", {
    placeholder: 'FILE',
  }),
  'client-cert-expiration-seconds': intFlag(
    YEAR_SECONDS,
    "How long the agent's certificates are to be valid.",
    {
      placeholder: 'SECONDS',
    },
  ),
  'output-file': stringFlag('', 'Write the manifests to this file, too.', { placeholder: 'FILE' }),
  output: stringFlag('text', 'How to show the result: text, json or yaml.', {
    shorthand: 'o',
    placeholder: 'FORMAT',
  }),
  'registration-auth': stringFlag('csr', 'How the agent shows who it is: csr, grpc or awsirsa.', {
    placeholder: 'TYPE',
  }),
  'hub-cluster-arn': stringFlag('', 'ARN of the hub, for awsirsa.', { placeholder: 'ARN' }),
  'managed-cluster-arn': stringFlag('', 'ARN of this cluster, for awsirsa.', { placeholder: 'ARN' }),
  'grpc-server': stringFlag('', "The hub's gRPC server, for grpc.", { placeholder: 'HOST' }),
  'grpc-ca-file': stringFlag('', "The gRPC server's CA, for grpc.", { placeholder: 'FILE' }),
  'addon-kubeclient-registration-auth': stringFlag(
    'csr',
    'How add-on agents show who they are: csr or token.',
    {
      placeholder: 'TYPE',
    },
  ),
  'addon-token-expiration-seconds': intFlag(
    0,
    "How long add-on agents' tokens are valid; 0 is the default.",
    {
      placeholder: 'SECONDS',
    },
  ),
  'capi-import': boolFlag(false, 'Import a cluster of Cluster API.'),
  'capi-cluster-name': stringFlag('', 'Its name.', { placeholder: 'NAME' }),
  'capi-kubeconfig': stringFlag('', 'Kubeconfig of the cluster that manages it.', { placeholder: 'FILE' }),
} as const
