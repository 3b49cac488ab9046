import {
  aliasFlag,
  boolFlag,
  bytesFlag,
  type CommandSpec,
  durationFlag,
  intFlag,
  listFlag,
  stringFlag,
} from '../common/flags.ts'
import { KLOG_FLAGS, KLOG_GROUP } from '../common/klog-flags.ts'
import { verifyLabelSelector } from '../common/labels.ts'
import { DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES } from '../wire/metadata.ts'
import { DEFAULT_DENIED_DESTINATIONS } from './destination-policy.ts'

const file = { placeholder: 'FILE' }
const port = { placeholder: 'PORT' }
const address = { placeholder: 'ADDRESS' }
const destinations = { placeholder: 'DESTINATIONS' }

const SERVER_FLAGS = {
  'proxy-server': listFlag(
    [],
    'Proxy servers to connect to, instead of --proxy-server-host and --proxy-server-port.',
    {
      placeholder: 'HOST:PORT,...',
    },
  ),
  'proxy-server-host': stringFlag('127.0.0.1', 'Host of the proxy server.', { placeholder: 'HOST' }),
  'proxy-server-port': intFlag(8091, 'Port of the proxy server.', port),
  'ca-cert': stringFlag('', "CAs that the proxy server's certificate must come from (PEM).", file),
  'agent-cert': stringFlag('', 'Certificate shown to the proxy server (PEM).', file),
  'agent-key': stringFlag('', 'Private key of --agent-cert (PEM).', file),
  'service-account-token-path': stringFlag(
    '',
    'Token shown to the proxy server, read anew for every connection.',
    file,
  ),
  'alpn-proto': listFlag(
    [],
    'ALPN protocols to offer before h2, for a front that tells connections apart by them.',
  ),
  'keepalive-time': durationFlag(30_000, 'Ping a proxy server that has been quiet for so long.'),
  'host-aliases': listFlag(
    [],
    "Addresses of hosts that the resolver does not know, like a Pod's hostAliases.",
    {
      placeholder: 'NAME=IP,...',
    },
  ),
} as const

const DISCOVERY_FLAGS = {
  'sync-forever': boolFlag(
    false,
    'Go on looking for more proxy servers when connected to as many as are known.',
  ),
  'sync-interval': durationFlag(
    1_000,
    'How often to check for missing proxy servers, and the first wait after a failure.',
  ),
  'sync-interval-cap': durationFlag(2_000, 'The longest wait between attempts to connect.'),
  'probe-interval': durationFlag(1_000, 'Has no effect: a connection that is lost is noticed at once.'),
  'server-count-source': stringFlag(
    'default',
    "How many proxy servers there are: 'default' asks the Leases if --count-server-leases is set and else the servers, 'max' takes the larger count.",
    { placeholder: 'SOURCE' },
  ),
  'count-server-leases': boolFlag(false, 'Count proxy servers by their Leases.'),
  'lease-namespace': stringFlag('kube-system', 'Namespace of the Leases.', { placeholder: 'NAMESPACE' }),
  'lease-label-selector': stringFlag('k8s-app=konnectivity-server', 'Which Leases to count.', {
    placeholder: 'SELECTOR',
    check: verifyLabelSelector,
  }),
  'lease-label': aliasFlag('lease-label-selector', 'Use --lease-label-selector instead'),
  kubeconfig: stringFlag('', 'How to reach the Kubernetes API. Empty means from inside the cluster.', file),
  'kube-api-content-type': stringFlag(
    'application/vnd.kubernetes.protobuf',
    'Accepted for compatibility, without effect: the API is spoken in JSON.',
    { placeholder: 'TYPE' },
  ),
} as const

const IDENTITY_FLAGS = {
  'agent-id': stringFlag('', 'Name of this agent. Replicas have different ones.', {
    placeholder: 'ID',
    env: 'PROXY_AGENT_ID',
    defaultText: '$PROXY_AGENT_ID, else a new UUID',
  }),
  'agent-identifiers': stringFlag(
    '',
    'What this agent can reach, for the strategies of the proxy server, as a URL query with the keys ipv4, ipv6, host, cidr and default-route: host=node1.example.com&ipv4=192.0.2.7&default-route=true.',
    { placeholder: 'QUERY' },
  ),
} as const

const CONNECTION_FLAGS = {
  'allow-destinations': listFlag(
    [],
    'What may be connected to: CIDRs, IPs, and host names with * for any characters, each optionally with :PORT or :PORT-PORT. Empty means everything that is not denied.',
    destinations,
  ),
  'deny-destinations': listFlag(
    DEFAULT_DENIED_DESTINATIONS,
    'What may not be connected to, in the same form; wins over --allow-destinations and replaces the default.',
    destinations,
  ),
  'allowed-protocols': listFlag(['tcp'], 'Which protocols may be dialed: tcp, tcp4, tcp6.'),
  'half-open-timeout': durationFlag(
    300_000,
    'End a half-closed connection that has been idle for so long. 0 means never.',
  ),
  'connection-window': bytesFlag(
    DEFAULT_WINDOW_BYTES,
    `How many bytes one connection may have under way per direction, ${MIN_WINDOW_BYTES} to ${MAX_WINDOW_BYTES}. Toward proxy servers of this project only.`,
  ),
  'drain-timeout': durationFlag(
    30_000,
    'After SIGTERM, exit once no connection is left, or at the latest after so long.',
  ),
  'xfr-channel-size': intFlag(
    150,
    'Accepted for compatibility, without effect: queues are bounded in bytes, see --connection-window.',
  ),
  'warn-on-channel-limit': boolFlag(false, 'Accepted for compatibility, without effect.'),
} as const

const OPERATION_FLAGS = {
  'health-server-port': intFlag(8093, 'Port for /healthz, /readyz and /metrics.', port),
  'health-server-host': stringFlag('', 'Address to listen on for health checks. Empty means all.', address),
  'admin-server-port': intFlag(8094, 'Port for /debug/pprof/.', port),
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

export const PROXY_AGENT_FLAGS = {
  ...SERVER_FLAGS,
  ...DISCOVERY_FLAGS,
  ...IDENTITY_FLAGS,
  ...CONNECTION_FLAGS,
  ...OPERATION_FLAGS,
  ...KLOG_FLAGS,
} as const

export const PROXY_AGENT_COMMAND: CommandSpec = {
  name: 'proxy-agent',
  description:
    'The proxy agent runs on a managed cluster. It dials the proxy servers of the hub, keeps these tunnels open, and connects to what frontends ask for inside its cluster.',
  groups: [
    { title: 'Proxy servers', flags: SERVER_FLAGS },
    { title: 'Finding all proxy servers', flags: DISCOVERY_FLAGS },
    { title: 'Identity', flags: IDENTITY_FLAGS },
    { title: 'Connections', flags: CONNECTION_FLAGS },
    { title: 'Health and administration', flags: OPERATION_FLAGS },
    KLOG_GROUP,
  ],
}
