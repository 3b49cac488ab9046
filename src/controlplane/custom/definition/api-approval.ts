import { type FieldError, invalid, required } from '../../api/field-error.ts'
import type { Definition } from './definition.ts'

/** Groups of the Kubernetes community are for those that it has approved (apihelpers). */

const ANNOTATION = 'api-approved.kubernetes.io'
const PULL_REQUEST = 'https://github.com/kubernetes/enhancements/pull/1111'

export interface Approval {
  readonly state: 'invalid' | 'approved' | 'bypassed' | 'missing'
  readonly reason: string
}

/** Undefined for groups that need none. */
export function approvalOf({ metadata, spec }: Definition): Approval | undefined {
  const group = spec.group ?? ''
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return undefined
  const annotation = metadata.annotations?.[ANNOTATION] ?? ''
  const needed = `protected groups must have approval annotation "${ANNOTATION}"`
  if (annotation === '') return { state: 'missing', reason: `${needed}, see ${PULL_REQUEST}` }
  if (annotation.startsWith('unapproved'))
    return { state: 'bypassed', reason: `not approved: ${JSON.stringify(annotation)}` }
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^\s/?#]+/.test(annotation))
    return { state: 'approved', reason: `approved in ${annotation}` }
  const reason = `${needed} with either a URL or a reason starting with "unapproved", see ${PULL_REQUEST}`
  return { state: 'invalid', reason }
}

/** What was so before an update may stay so. */
export function approvalErrors(definition: Definition, old: Definition | undefined): FieldError[] {
  const approval = approvalOf(definition)
  const before = old && approvalOf({ ...old, spec: definition.spec })
  if (!approval || approval.state === before?.state) return []
  const field = `metadata.annotations[${ANNOTATION}]`
  if (approval.state === 'missing') return [required(field, approval.reason)]
  if (approval.state !== 'invalid') return []
  return [invalid(field, definition.metadata.annotations?.[ANNOTATION] ?? '', approval.reason)]
}
