import {
  boolFlag,
  bytesFlag,
  type CommandSpec,
  durationFlag,
  floatFlag,
  intFlag,
  listFlag,
  stringFlag,
} from '../common/flags.ts'
import { KLOG_FLAGS, KLOG_GROUP } from '../common/klog-flags.ts'
import { CIPHER_SUITE_NAMES } from '../common/tls-names.ts'
import { DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES } from '../wire/metadata.ts'

const file = { placeholder: 'FILE' }
const port = { placeholder: 'PORT' }
const address = { placeholder: 'ADDRESS' }

const FRONTEND_FLAGS = {
  mode: stringFlag(
    'grpc',
    "How frontends ask for a connection: 'grpc', 'http-connect', or both, 'grpc,http-connect'.",
    {
      placeholder: 'MODE',
    },
  ),
  'server-port': intFlag(8090, 'Port for frontends. Must be 0 with --uds-name.', port),
  'server-bind-address': stringFlag('', 'Address to listen on for frontends. Empty means all.', address),
  'server-cert': stringFlag('', 'Certificate shown to frontends (PEM).', file),
  'server-key': stringFlag('', 'Private key of --server-cert (PEM).', file),
  'server-ca-cert': stringFlag(
    '',
    'CAs that the certificates of frontends must come from (PEM). Needed unless --uds-name is set.',
    file,
  ),
  'uds-name': stringFlag('', 'Unix socket for frontends, instead of a port and without TLS.', {
    placeholder: 'PATH',
  }),
  'delete-existing-uds-file': boolFlag(true, 'Remove a file that is at --uds-name before listening there.'),
  'frontend-keepalive-time': durationFlag(3_600_000, 'Ping a frontend that has been quiet for so long.'),
  'frontend-write-channel-size': intFlag(
    10,
    'Accepted for compatibility, without effect: what waits for a frontend is bounded in bytes, per connection.',
  ),
} as const

const AGENT_FLAGS = {
  'agent-port': intFlag(8091, 'Port for agents.', port),
  'agent-bind-address': stringFlag('', 'Address to listen on for agents. Empty means all.', address),
  'cluster-cert': stringFlag('', 'Certificate shown to agents (PEM).', file),
  'cluster-key': stringFlag('', 'Private key of --cluster-cert (PEM).', file),
  'cluster-ca-cert': stringFlag(
    '',
    'CAs that the certificates of agents must come from (PEM). Empty means that agents show a token instead.',
    file,
  ),
  'keepalive-time': durationFlag(30_000, 'Ping an agent that has been quiet for so long.'),
  'agent-namespace': stringFlag(
    '',
    "Namespace of the agents' service account, to authenticate agents by token.",
    {
      placeholder: 'NAMESPACE',
    },
  ),
  'agent-service-account': stringFlag(
    '',
    'Service account that agents must run as, to authenticate agents by token.',
    {
      placeholder: 'NAME',
    },
  ),
  'authentication-audience': stringFlag('', "Audience that agents' tokens must be made for.", {
    placeholder: 'AUDIENCE',
  }),
} as const

const TUNNEL_FLAGS = {
  'server-id': stringFlag('', 'Name of this server, unique among its replicas.', {
    placeholder: 'ID',
    env: 'PROXY_SERVER_ID',
    defaultText: '$PROXY_SERVER_ID, else a new UUID',
  }),
  'server-count': intFlag(1, 'How many replicas of the server there are; agents connect to all of them.'),
  'proxy-strategies': stringFlag(
    'default',
    'How to choose the agent for a connection, in the order to try: default (any agent), destHost (an agent that names the host among its identifiers), defaultRoute (an agent that is a default route).',
    { placeholder: 'LIST' },
  ),
  'backend-dial-timeout': durationFlag(
    30_000,
    'How long an agent may take to answer a dial. 0 means for ever.',
  ),
  'half-open-timeout': durationFlag(
    300_000,
    'End a half-closed connection that has been idle for so long. 0 means never.',
  ),
  'connection-window': bytesFlag(
    DEFAULT_WINDOW_BYTES,
    `How many bytes one connection may have under way per direction, ${MIN_WINDOW_BYTES} to ${MAX_WINDOW_BYTES}. Toward agents and clients of this project only.`,
  ),
  'xfr-channel-size': intFlag(
    10,
    'Accepted for compatibility, without effect: queues are bounded in bytes, see --connection-window.',
  ),
  'graceful-shutdown-timeout': durationFlag(
    0,
    'How long open connections may go on after SIGTERM. 0 closes them at once.',
  ),
  'warn-on-channel-limit': boolFlag(true, 'Accepted for compatibility, without effect.', {
    deprecated: 'it is always on. This flag will be removed in a future release.',
  }),
} as const

const TLS_FLAGS = {
  'tls-min-version': stringFlag(
    '',
    'Oldest TLS version to accept: VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13. Empty means VersionTLS12.',
    { placeholder: 'VERSION' },
  ),
  'cipher-suites': listFlag(
    [],
    `Cipher suites to accept below TLS 1.3, by Go's names: ${CIPHER_SUITE_NAMES.join(', ')}. Empty means a sound choice.`,
  ),
} as const

const KUBERNETES_FLAGS = {
  kubeconfig: stringFlag('', 'How to reach the Kubernetes API. Empty means from inside the cluster.', file),
  'kubeconfig-qps': floatFlag(0, 'Requests a second to the Kubernetes API. 0 means a built-in limit.'),
  'kubeconfig-burst': intFlag(0, 'Requests that may come at once. 0 means a built-in limit.'),
  'kube-api-content-type': stringFlag(
    'application/vnd.kubernetes.protobuf',
    'Accepted for compatibility, without effect: the API is spoken in JSON.',
    { placeholder: 'TYPE' },
  ),
  'enable-lease-controller': boolFlag(
    false,
    'Hold a Lease for this server, and remove expired ones, so that agents can count servers.',
  ),
  'lease-namespace': stringFlag('kube-system', 'Namespace of the Leases.', { placeholder: 'NAMESPACE' }),
  'lease-label': stringFlag('k8s-app=konnectivity-server', 'Labels of the Leases.', {
    placeholder: 'KEY=VALUE,...',
  }),
} as const

const OPERATION_FLAGS = {
  'health-port': intFlag(8092, 'Port for /healthz, /readyz and /metrics.', port),
  'health-bind-address': stringFlag('', 'Address to listen on for health checks. Empty means all.', address),
  'admin-port': intFlag(8095, 'Port for /metrics and /debug/pprof/.', port),
  'admin-bind-address': stringFlag(
    '127.0.0.1',
    'Address to listen on for administration. Empty means all.',
    address,
  ),
  'enable-profiling': boolFlag(false, 'Serve /debug/pprof/ on the admin port.'),
  'enable-contention-profiling': boolFlag(
    false,
    'Serve event loop delays at /debug/pprof/block. Needs --enable-profiling.',
  ),
} as const

export const PROXY_SERVER_FLAGS = {
  ...FRONTEND_FLAGS,
  ...AGENT_FLAGS,
  ...TUNNEL_FLAGS,
  ...TLS_FLAGS,
  ...KUBERNETES_FLAGS,
  ...OPERATION_FLAGS,
  ...KLOG_FLAGS,
} as const

export const PROXY_SERVER_COMMAND: CommandSpec = {
  name: 'proxy-server',
  description:
    'The proxy server runs on the hub. Agents in managed clusters dial it and keep their tunnels open; frontends ask it for a connection, which it passes on to an agent.',
  groups: [
    { title: 'Frontends', flags: FRONTEND_FLAGS },
    { title: 'Agents', flags: AGENT_FLAGS },
    { title: 'Tunnels', flags: TUNNEL_FLAGS },
    { title: 'TLS', flags: TLS_FLAGS },
    { title: 'Kubernetes', flags: KUBERNETES_FLAGS },
    { title: 'Health and administration', flags: OPERATION_FLAGS },
    KLOG_GROUP,
  ],
}
