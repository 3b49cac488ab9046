import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'
import { findCondition, type ResourceDefinition } from '../../kube/client.ts'
import type { Session } from '../session.ts'
import { type Check, type Finding, wrong } from './check.ts'
import { lookAtDeployment } from './workload-checks.ts'

/** What an operator cares for, and has to let go of before it can be deleted. */
export interface OperatorCare {
  readonly resource: ResourceDefinition
  /** Also of the object. */
  readonly kind: string
  readonly name: string
  readonly operator: ObjectKey & { readonly namespace: string; readonly name: string }
  /** What brings the operator, or brings it back. */
  readonly cure: string
}

/** Whether the operator runs. Without it nothing happens, and an object that is being deleted stays as it is, with no word. */
export function operatorCheck(session: Session, care: OperatorCare): Check {
  const { cluster, signal } = session
  return {
    id: 'operator',
    look: async () => {
      const { resource, kind, name, operator, cure } = care
      const finding = await lookAtDeployment(session, operator, cure)
      if (finding.status === 'ok') return finding
      const object = await cluster.resource(resource).find({ name }, { signal })
      if (!object?.metadata.deletionTimestamp) return finding
      return wrong(
        `the ${kind} ${name} is being deleted, for which its operator has to run: ${finding.message}`,
        `${finding.cure}, or install the chart again: the operator then finishes the deletion at once. ` +
          `To leave what there is as it is, kubectl patch ${resource.plural} ${name} --type=merge -p '{"metadata":{"finalizers":null}}'`,
      )
    },
  }
}

/** What keeps an object that is being deleted though its operator runs; undefined for others. */
export function lookAtDeletion(
  object: KubeObject & { readonly status?: { readonly conditions?: Parameters<typeof findCondition>[0] } },
  title: string,
  cure: string,
): Finding | undefined {
  const { deletionTimestamp, finalizers = [] } = object.metadata
  if (!deletionTimestamp) return undefined
  const condition =
    findCondition(object.status?.conditions, 'Deleting') ??
    findCondition(object.status?.conditions, 'ReadyToApply')
  const why =
    condition?.status === 'False'
      ? `${condition.reason}: ${condition.message}`
      : `held by ${finalizers.join(', ')}`
  return wrong(`${title} is being deleted, since ${deletionTimestamp}; ${why}`, cure)
}
