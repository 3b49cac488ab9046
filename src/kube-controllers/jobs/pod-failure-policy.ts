import type { JobSpec, PodFailurePolicyRule } from '../../apis/batch/v1.ts'
import type { ContainerStatus, Pod } from '../../apis/core/v1.ts'

export interface PolicyVerdict {
  readonly action: PodFailurePolicyRule['action'] | undefined
  /** Whether the failure counts towards the back-off limit. */
  readonly counts: boolean
  /** Why the Job fails with it, if it does. */
  readonly jobFailure?: string
}

type Requirement = NonNullable<PodFailurePolicyRule['onExitCodes']>

/** What the first rule that fits a failed pod says; without one the failure counts. */
export function podFailureVerdict(policy: JobSpec['podFailurePolicy'], pod: Pod): PolicyVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const match = matchOf(rule, pod)
    if (match === undefined) continue
    const { action } = rule
    const jobFailure = `${match} matching ${action} rule at index ${index}`
    return { action, counts: action !== 'Ignore', ...(action === 'FailJob' && { jobFailure }) }
  }
  return { action: undefined, counts: true }
}

/** What it is of the pod that fits. */
function matchOf({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata
  if (onExitCodes) {
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
    const failed = [...containerStatuses, ...initContainerStatuses].find((each) => fits(each, onExitCodes))
    if (!failed) return undefined
    const exitCode = failed.state?.terminated?.exitCode
    return `Container ${failed.name} for pod ${namespace}/${name} failed with exit code ${exitCode}`
  }
  const condition = (pod.status?.conditions ?? []).find(({ type, status }) =>
    onPodConditions?.some((pattern) => pattern.type === type && pattern.status === status),
  )
  return condition && `Pod ${namespace}/${name} has condition ${condition.type}`
}

function fits({ name, state }: ContainerStatus, { containerName, operator, values }: Requirement): boolean {
  const exitCode = state?.terminated?.exitCode
  if (exitCode === undefined || exitCode === 0) return false
  if (containerName !== undefined && containerName !== name) return false
  return (values ?? []).includes(exitCode) === (operator === 'In')
}
