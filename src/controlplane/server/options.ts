import { homedir } from 'node:os'
import path from 'node:path'
import { asConfigError, verifyBetween } from '../../common/config-checks.ts'
import type { ConfigIo } from '../../common/config-io.ts'
import { deepFreeze } from '../../common/deep-freeze.ts'
import { ConfigError } from '../../common/errors.ts'
import { type CommandSpec, type FlagValues, intFlag, listFlag, stringFlag } from '../../common/flags.ts'
import { KLOG_FLAGS, KLOG_GROUP, type LogLevel, logLevelOf } from '../../common/klog-flags.ts'
import { parseFlags } from '../../common/parse-flags.ts'
import { ServiceAddresses } from '../kinds/core/service-addresses.ts'

const SERVING_FLAGS = {
  'data-dir': stringFlag('', 'Where everything is kept: objects, certificates and keys, admin.kubeconfig.', {
    placeholder: 'DIR',
    defaultText: '~/.local/share/cluster-proxy/controlplane',
  }),
  storage: stringFlag(
    'sqlite',
    "What objects are kept in: 'sqlite', or 'memory:' to forget them at the end.",
    {
      placeholder: 'KIND',
    },
  ),
  'bind-address': stringFlag('127.0.0.1', 'Address to listen on. 0.0.0.0 or :: means all.', {
    placeholder: 'ADDRESS',
  }),
  'secure-port': intFlag(6443, 'Port to listen on.', { placeholder: 'PORT' }),
  'external-hostname': stringFlag(
    '',
    'Name or address by which clients reach it; it stands in the kubeconfig and in the serving certificate.',
    { placeholder: 'HOST', defaultText: 'the bind address' },
  ),
  'service-cluster-ip-range': listFlag(
    ['10.96.0.0/16'],
    'Networks that Services get their addresses from, one for each family. They are only numbers here: nothing routes them.',
    { placeholder: 'CIDR' },
  ),
} as const

const CONTROLLER_FLAGS = {
  controllers: listFlag(
    ['*'],
    "Controllers to run in this process, under kube-controller-manager's names: '*' is all that an API server needs, 'name' this one, '-name' not this one.",
    { placeholder: 'NAME' },
  ),
} as const

const FLAGS = { ...SERVING_FLAGS, ...CONTROLLER_FLAGS, ...KLOG_FLAGS }

export const CONTROL_PLANE_COMMAND = {
  name: 'controlplane',
  description:
    'Runs a Kubernetes API server in one process, with everything that it needs in one directory. Point kubectl at admin.kubeconfig there.',
  groups: [
    { title: 'Serving', flags: SERVING_FLAGS },
    { title: 'Controllers', flags: CONTROLLER_FLAGS },
    KLOG_GROUP,
  ],
} as const satisfies CommandSpec

/** Everything that a control plane is told, complete and verified. Deep-frozen. */
export interface ControlPlaneConfig extends FlagValues<typeof FLAGS> {
  readonly logLevel: LogLevel
  readonly warnings: readonly string[]
}

const STORAGES = ['sqlite', 'memory:']
const LAST_PORT = 65_535

/** Reads the control plane's configuration, or throws a ConfigError. */
export function parseControlPlaneConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): ControlPlaneConfig {
  const { values, warnings } = parseFlags<typeof FLAGS>(CONTROL_PLANE_COMMAND, argv, env, io)
  verifyBetween('secure-port', values.securePort, 0, LAST_PORT)
  if (!STORAGES.includes(values.storage))
    throw new ConfigError(
      `--storage must be one of ${STORAGES.join(', ')}, got ${JSON.stringify(values.storage)}`,
    )
  asConfigError(
    () => new ServiceAddresses({ cidrs: values.serviceClusterIpRange }),
    '--service-cluster-ip-range takes a network such as 10.96.0.0/16, or one of each family',
  )
  return deepFreeze({
    ...values,
    dataDir: path.resolve(values.dataDir || defaultDirectory(env)),
    logLevel: logLevelOf(values.v),
    warnings,
  })
}

function defaultDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const home = env.XDG_DATA_HOME || path.join(env.HOME || homedir(), '.local', 'share')
  return path.join(home, 'cluster-proxy', 'controlplane')
}
