import { HUB_REGISTRATION_GATES } from '../../apis/feature-gates.ts'
import type { ConfigIo } from '../../common/config-io.ts'
import {
  type CONTROLLER_FLAGS,
  CONTROLLER_GROUPS,
  type ControllerConfig,
  parseControllerConfig,
} from '../../common/controller-flags.ts'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { featureGatesFlag, parseFeatureGates } from '../../common/feature-gates.ts'
import { type CommandSpec, durationFlag, ignoredFlag, listFlag, stringFlag } from '../../common/flags.ts'
import { parseLabels } from '../../common/labels.ts'
import { DEFAULT_CLEANUP_RESOURCES, parseCleanupResource } from './cleanup/cleanup-resource.ts'
import type { HubOptions } from './hub-context.ts'

const users = { placeholder: 'USER,...' }

const REGISTRATION_FLAGS = {
  'feature-gates': featureGatesFlag(HUB_REGISTRATION_GATES),
  'auto-approved-csr-users': listFlag(
    [],
    'Users whose request for the first certificate of a cluster is approved, with the gate ManagedClusterAutoApproval.',
    users,
  ),
  'cluster-auto-approval-users': listFlag([], 'Older name of --auto-approved-csr-users.', {
    ...users,
    deprecated: 'use auto-approved-csr-users flag instead',
  }),
  'gc-resource-list': listFlag(
    DEFAULT_CLEANUP_RESOURCES,
    'What is deleted with a cluster in its namespace, in this order, with the gate ResourceCleanup.',
    { placeholder: 'GROUP/VERSION/RESOURCE,...' },
  ),
  labels: stringFlag('', 'Labels for all that is made for clusters.', { placeholder: 'KEY=VALUE,...' }),
  'enabled-registration-drivers': listFlag(['csr'], 'How clusters may register: csr.', {
    placeholder: 'DRIVER,...',
  }),
} as const

const OTHER_DRIVERS =
  'Accepted for compatibility, without effect: of another way to register, or to import clusters.'
const ignoredText = () => ignoredFlag(stringFlag('', OTHER_DRIVERS))
const ignoredList = () => ignoredFlag(listFlag([], OTHER_DRIVERS))

const IGNORED_FLAGS = {
  'hub-cluster-arn': ignoredText(),
  'auto-approved-arn-patterns': ignoredList(),
  'aws-resource-tags': ignoredList(),
  'auto-approved-grpc-users': ignoredList(),
  'grpc-ca-file': ignoredText(),
  'grpc-key-file': ignoredText(),
  'grpc-signing-duration': ignoredFlag(durationFlag(720 * 3_600_000, OTHER_DRIVERS)),
  'agent-image': ignoredText(),
  'bootstrap-serviceaccount': ignoredText(),
  'hub-apiserver-url': ignoredText(),
  'image-pull-secret-name': ignoredText(),
  'import-renderers': ignoredList(),
} as const

type Flags = typeof REGISTRATION_FLAGS & typeof IGNORED_FLAGS & typeof CONTROLLER_FLAGS

export const HUB_COMMAND: CommandSpec = {
  name: 'registration controller',
  description:
    'Runs on the hub: gives clusters that are accepted their rights, renews their certificates, follows their leases and sets, and cleans up after them.',
  groups: [
    { title: 'Registration', flags: { ...REGISTRATION_FLAGS, ...IGNORED_FLAGS } },
    ...CONTROLLER_GROUPS,
  ],
}

export interface HubConfig extends ControllerConfig<Flags> {
  readonly hub: HubOptions
}

/** Throws a ConfigError that names the flag. */
export function parseHubConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): HubConfig {
  const config = parseControllerConfig<Flags>(HUB_COMMAND, argv, env, io)
  const { autoApprovedCsrUsers, clusterAutoApprovalUsers, gcResourceList, enabledRegistrationDrivers } =
    config
  for (const resource of gcResourceList) parseCleanupResource(resource)
  return {
    ...config,
    warnings: [...config.warnings, ...driverWarnings(enabledRegistrationDrivers)],
    hub: {
      gates: parseFeatureGates(HUB_REGISTRATION_GATES, config.featureGates),
      autoApprovedUsers: autoApprovedCsrUsers.length > 0 ? autoApprovedCsrUsers : clusterAutoApprovalUsers,
      labels: labelsOf(config.labels),
      cleanupResources: gcResourceList,
    },
  }
}

function driverWarnings(drivers: readonly string[]): string[] {
  const others = drivers.filter((driver) => driver !== 'csr')
  return others.map(
    (driver) => `--enabled-registration-drivers: ${driver} is not available, clusters register by csr`,
  )
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  if (text === '') return {}
  try {
    return parseLabels(text)
  } catch (cause) {
    throw new ConfigError(`--labels: ${errorMessage(cause)}`, { cause })
  }
}
