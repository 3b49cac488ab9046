import { SPOKE_WORK_GATES } from '../../apis/feature-gates.ts'
import { verifyPositive } from '../../common/config-checks.ts'
import type { ConfigIo } from '../../common/config-io.ts'
import {
  type CONTROLLER_FLAGS,
  CONTROLLER_GROUPS,
  type ControllerConfig,
  parseControllerConfig,
} from '../../common/controller-flags.ts'
import { ConfigError } from '../../common/errors.ts'
import { type FeatureGates, featureGatesFlag, parseFeatureGates } from '../../common/feature-gates.ts'
import {
  aliasFlag,
  type CommandSpec,
  durationFlag,
  type FlagValues,
  floatFlag,
  ignoredFlag,
  intFlag,
  listFlag,
  stringFlag,
} from '../../common/flags.ts'
import type { WorkAgentOptions } from './work-agent.ts'

const file = { placeholder: 'FILE' }

const CLUSTER_FLAGS = {
  'spoke-cluster-name': stringFlag(
    '',
    'Name of the managed cluster. Without it, what `cluster-name` in --hub-kubeconfig-dir says.',
    {
      placeholder: 'NAME',
    },
  ),
  'cluster-name': aliasFlag('spoke-cluster-name', 'use --spoke-cluster-name'),
  'spoke-kubeconfig': stringFlag('', 'The managed cluster. Without it, that of --kubeconfig.', file),
  'agent-id': stringFlag(
    '',
    'What tells this agent from others of the cluster: what was applied belongs to it.',
    {
      placeholder: 'ID',
      defaultText: "a hash of the hub's address",
    },
  ),
} as const

/** Where works come from. */
export const WORK_SOURCE_FLAGS = {
  'workload-source-driver': stringFlag('kube', 'How works get here. Only kube is known.', {
    placeholder: 'DRIVER',
  }),
  'workload-source-config': stringFlag('/spoke/hub-kubeconfig/kubeconfig', 'Kubeconfig of the hub.', {
    ...file,
    inPod: true,
  }),
  'cloudevents-client-id': ignoredFlag(
    stringFlag('', 'Accepted for compatibility, without effect: it is for drivers other than kube.', {
      placeholder: 'ID',
    }),
  ),
  'cloudevents-client-codecs': ignoredFlag(
    listFlag([], 'Accepted for compatibility, without effect: they are for drivers other than kube.'),
  ),
} as const

const HUB_FLAGS = {
  'hub-kubeconfig-dir': stringFlag('/spoke/hub-kubeconfig', "Directory with the cluster's name.", {
    placeholder: 'DIRECTORY',
    inPod: true,
  }),
  'hub-kubeconfig': ignoredFlag(
    stringFlag(
      '',
      'Accepted for compatibility, without effect: --workload-source-config says where the hub is.',
      file,
    ),
  ),
  'hub-kube-api-qps': floatFlag(50, 'Requests per second to the hub, in the long run.'),
  'hub-kube-api-burst': intFlag(100, 'Requests at once to the hub, after a time of rest.'),
} as const

export const WORK_FLAGS = {
  'workload-agent-workers': intFlag(10, 'Works that are dealt with at once.'),
  'status-sync-interval': durationFlag(
    10_000,
    'How often to look at applied objects that cannot be watched.',
  ),
  'max-feedback-watch': intFlag(50, 'Watches for the sake of feedback.'),
  'max-json-raw-length': intFlag(1024, 'The longest JSON of a structure that is reported.', {
    placeholder: 'BYTES',
  }),
  'appliedmanifestwork-eviction-grace-period': durationFlag(
    3_600_000,
    'How long what was applied outlives a work that is no longer on the hub. From 100 years on, for ever.',
  ),
} as const

const GATES_FLAG = { 'feature-gates': featureGatesFlag(SPOKE_WORK_GATES) } as const

type Flags = typeof CONTROLLER_FLAGS &
  typeof CLUSTER_FLAGS &
  typeof WORK_SOURCE_FLAGS &
  typeof HUB_FLAGS &
  typeof WORK_FLAGS &
  typeof GATES_FLAG

export const WORK_AGENT_COMMAND: CommandSpec = {
  name: 'work agent',
  description:
    'Runs for a managed cluster: applies the ManifestWorks that the hub has for it, and reports what came of them.',
  groups: [
    { title: 'Managed cluster', flags: CLUSTER_FLAGS },
    { title: 'Hub', flags: { ...WORK_SOURCE_FLAGS, ...HUB_FLAGS } },
    { title: 'Works', flags: { ...WORK_FLAGS, ...GATES_FLAG } },
    ...CONTROLLER_GROUPS,
  ],
}

type WorkGates = FeatureGates<typeof SPOKE_WORK_GATES>

/** What flags tell an agent, beside which cluster and hub it works for. */
export type WorkAgentSettings = Omit<WorkAgentOptions, 'clusterName' | 'hubServer' | 'agentId'>

export interface WorkAgentConfig extends ControllerConfig<Flags> {
  readonly agent: WorkAgentSettings
}

/** Throws a ConfigError that names the flag. */
export function parseWorkAgentConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): WorkAgentConfig {
  const config = parseControllerConfig<Flags>(WORK_AGENT_COMMAND, argv, env, io)
  return {
    ...config,
    agent: workAgentSettings(config, parseFeatureGates(SPOKE_WORK_GATES, config.featureGates)),
  }
}

/** Throws a ConfigError that names the flag. */
export function workAgentSettings(
  values: FlagValues<typeof WORK_FLAGS> & { readonly workloadSourceDriver: string },
  gates: WorkGates,
): WorkAgentSettings {
  if (values.workloadSourceDriver !== 'kube')
    throw new ConfigError(
      `--workload-source-driver=${values.workloadSourceDriver} is not supported: the only driver is kube`,
    )
  verifyPositive('--workload-agent-workers', values.workloadAgentWorkers)
  verifyPositive('--status-sync-interval', values.statusSyncIntervalMs)
  return {
    statusSyncIntervalMs: values.statusSyncIntervalMs,
    evictionGracePeriodMs: values.appliedmanifestworkEvictionGracePeriodMs,
    workers: values.workloadAgentWorkers,
    maxFeedbackWatches: values.maxFeedbackWatch,
    maxRawJsonLength: values.maxJsonRawLength,
    reportsRawJson: gates.RawFeedbackJsonString,
    cachesExecutorRights: gates.ExecutorValidatingCaches,
  }
}
