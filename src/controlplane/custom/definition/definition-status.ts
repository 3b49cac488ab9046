import { sameJson } from '../../../common/json-tools.ts'
import { timestamp } from '../../registry/index.ts'
import { aggregated } from '../field-path.ts'
import { structuralOf, UnsupportedSchema } from '../schema/structural.ts'
import { structuralErrors } from '../schema/structural-validation.ts'
import { approvalOf } from './api-approval.ts'
import { caBundleProblem } from './conversion-validation.ts'
import {
  type Definition,
  type DefinitionCondition,
  type DefinitionNames,
  type DefinitionStatus,
  findCondition,
} from './definition.ts'

/** A condition before anybody knows since when it has been so. */
export type Finding = Omit<DefinitionCondition, 'lastTransitionTime'> & {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/**
 * The status that a definition comes to have among others: its names, if nobody has them, and its conditions
 * (k8s.io/apiextensions-apiserver, pkg/controller). `others` may have the definition itself among them; `now` is in milliseconds.
 * The same status when there is nothing to change.
 */
export function definitionStatus(
  definition: Definition,
  others: Iterable<Definition>,
  now: number,
): DefinitionStatus {
  let { status } = definition
  const set = (finding: Finding) => {
    status = withCondition(status, finding, now)
  }
  const { names, finding } = acceptedNames(definition, others)
  if (!sameJson(names, status.acceptedNames)) status = { ...status, acceptedNames: names }
  set(finding)
  set(established(definition, finding.status === 'True'))
  const structural = nonStructural(definition)
  if (structural) set(structural)
  else status = withoutCondition(status, 'NonStructuralSchema')
  const approval = approvalFinding(definition)
  if (approval) set(approval)
  return status
}

/** The definition is being deleted, and its objects first. */
export const DELETION_PENDING: Finding = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionPending',
  message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
}

export const DELETION_IN_PROGRESS: Finding = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
}

export const DELETION_COMPLETED: Finding = {
  type: 'Terminating',
  status: 'False',
  reason: 'InstanceDeletionCompleted',
  message: 'removed all instances',
}

/** Keeps a definition until the last of its objects has gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

/** The same status when the condition is as found. */
export function withCondition(status: DefinitionStatus, finding: Finding, now: number): DefinitionStatus {
  const conditions = status.conditions ?? []
  const old = findCondition(status, finding.type)
  const { type, reason, message } = finding
  if (old?.status === finding.status && old.reason === reason && old.message === message) return status
  const isSame = old?.status === finding.status && old.lastTransitionTime
  const condition: DefinitionCondition = {
    type,
    status: finding.status,
    lastTransitionTime: isSame || timestamp(now),
    reason,
    message,
  }
  return {
    ...status,
    conditions: old
      ? conditions.map((each) => (each === old ? condition : each))
      : [...conditions, condition],
  }
}

function withoutCondition(status: DefinitionStatus, type: string): DefinitionStatus {
  if (!findCondition(status, type)) return status
  return { ...status, conditions: (status.conditions ?? []).filter((each) => each.type !== type) }
}

interface Acceptance {
  readonly names: DefinitionNames
  readonly finding: Finding
}

/** Of what others have, a definition keeps what it had before; the last conflict is told. */
function acceptedNames({ metadata, spec, status }: Definition, others: Iterable<Definition>): Acceptance {
  const requested = spec.names ?? {}
  const accepted = status.acceptedNames ?? {}
  const taken = takenNames(spec.group ?? '', metadata.name ?? '', others)
  const conflicts: [reason: string, message: string][] = []
  const choose = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    used: ReadonlySet<string>,
    reason: string,
  ) => {
    const name = requested[field] ?? ''
    const isFree = name === (accepted[field] ?? '') || !used.has(name)
    if (!isFree) conflicts.push([reason, inUse(name)])
    return isFree ? requested[field] : accepted[field]
  }
  const plural = choose('plural', taken.resources, 'PluralConflict')
  const singular = choose('singular', taken.resources, 'SingularConflict')
  const wrong = [...new Set(requested.shortNames ?? [])].filter(
    (name) => !accepted.shortNames?.includes(name) && taken.resources.has(name),
  )
  if (wrong.length > 0) {
    const messages = wrong.map(inUse)
    conflicts.push([
      'ShortNamesConflict',
      messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`,
    ])
  }
  const shortNames = wrong.length > 0 ? accepted.shortNames : requested.shortNames
  const kind = choose('kind', taken.kinds, 'KindConflict')
  const listKind = choose('listKind', taken.kinds, 'ListKindConflict')
  const { categories } = requested
  const [reason, message] = conflicts.at(-1) ?? ['NoConflicts', 'no conflicts found']
  return {
    names: {
      plural: plural ?? '',
      ...(singular ? { singular } : {}),
      ...(shortNames ? { shortNames } : {}),
      kind: kind ?? '',
      ...(listKind ? { listKind } : {}),
      ...(categories ? { categories } : {}),
    },
    finding: { type: 'NamesAccepted', status: conflicts.length === 0 ? 'True' : 'False', reason, message },
  }
}

function inUse(name: string): string {
  return `${JSON.stringify(name)} is already in use`
}

function takenNames(group: string, ownName: string, others: Iterable<Definition>) {
  const resources = new Set<string>()
  const kinds = new Set<string>()
  for (const { metadata, spec, status } of others) {
    if (spec.group !== group || metadata.name === ownName) continue
    const {
      plural = '',
      singular = '',
      shortNames = [],
      kind = '',
      listKind = '',
    } = status.acceptedNames ?? {}
    for (const name of [plural, singular, ...(shortNames ?? [])]) if (name !== '') resources.add(name)
    for (const name of [kind, listKind]) if (name !== '') kinds.add(name)
  }
  return { resources, kinds }
}

/** Once established, a definition stays so. */
function established({ spec, status }: Definition, isAccepted: boolean): Finding {
  const type = 'Established'
  const old = findCondition(status, type)
  if (old?.status === 'True')
    return { type, status: 'True', reason: old.reason ?? '', message: old.message ?? '' }
  if (!isAccepted) {
    const { reason = 'NotAccepted', message = 'not all names are accepted' } = old ?? {}
    return { type, status: 'False', reason, message }
  }
  const bundle = spec.conversion?.webhook?.clientConfig?.caBundle ?? ''
  if (bundle !== '' && caBundleProblem(bundle) !== undefined) {
    const message = 'The conversion webhook CABundle is invalid'
    return { type, status: 'False', reason: 'InvalidCABundle', message }
  }
  const message = 'the initial names have been accepted'
  return { type, status: 'True', reason: 'InitialNamesAccepted', message }
}

function nonStructural({ spec }: Definition): Finding | undefined {
  const type = 'NonStructuralSchema'
  const errors = spec.preserveUnknownFields
    ? [
        {
          reason: 'FieldValueInvalid' as const,
          field: 'spec.preserveUnknownFields',
          message: 'Invalid value: true: must be false',
        },
      ]
    : []
  for (const [index, { name = '', schema }] of (spec.versions ?? []).entries()) {
    if (!schema?.openAPIV3Schema) continue
    try {
      const path = `spec.versions[${index}].schema.openAPIV3Schema`
      errors.push(...(structuralErrors(structuralOf(schema.openAPIV3Schema), path) as typeof errors))
    } catch (error) {
      if (!(error instanceof UnsupportedSchema)) throw error
      const message = `failed to check validation schema for version ${name}: ${error.message}`
      return { type, status: 'Unknown', reason: 'StructuralError', message }
    }
  }
  if (errors.length === 0) return undefined
  return { type, status: 'True', reason: 'Violations', message: aggregated(errors) }
}

const APPROVAL_FINDINGS = {
  invalid: { status: 'False', reason: 'InvalidAnnotation' },
  missing: { status: 'False', reason: 'MissingAnnotation' },
  approved: { status: 'True', reason: 'ApprovedAnnotation' },
  bypassed: { status: 'False', reason: 'UnapprovedAnnotation' },
} as const

function approvalFinding(definition: Definition): Finding | undefined {
  const approval = approvalOf(definition)
  if (!approval) return undefined
  const type = 'KubernetesAPIApprovalPolicyConformant'
  return { type, ...APPROVAL_FINDINGS[approval.state], message: approval.reason }
}
