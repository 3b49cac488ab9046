import { type FieldError, forbidden, notSupported, required, tooLong } from '../api/field-error.ts'
import type { JsonObject } from '../api/json.ts'
import { isTrue } from '../api/request-info.ts'
import { invalidObject } from '../api/status.ts'
import type { FieldValidation } from '../codec/index.ts'
import type { ApiRequest } from '../http/api-request.ts'

/** What a client says of how it wants to write. */
export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldValidation: FieldValidation
  /** Who is to own what is written: as the client says, or else as it calls itself. */
  readonly manager: string
  readonly force: boolean
  /** As webhooks are told. */
  readonly object: JsonObject
}

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions'

const FIELD_VALIDATIONS = ['Ignore', 'Strict', 'Warn'] as const satisfies readonly FieldValidation[]
const MAX_MANAGER_LENGTH = 128

/**
 * Reads the query of a write by the rules of k8s.io/apimachinery (meta/v1/validation).
 *
 * @throws StatusError Invalid
 */
export function writeOptions({ url, headers }: ApiRequest, kind: OptionsKind, isApply = false): WriteOptions {
  const query = url.searchParams
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') || 'Warn'
  const force = query.has('force') ? isTrue(query.get('force')) : undefined

  const errors = [...managerErrors(fieldManager, isApply), ...forceErrors(force, kind, isApply)]
  errors.push(...dryRunErrors(dryRun), ...validationErrors(fieldValidation))
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind }, '', errors)
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation as FieldValidation,
    manager: fieldManager || managerOf(headers['user-agent'] ?? ''),
    force: force === true,
    object: {
      kind,
      apiVersion: 'meta.k8s.io/v1',
      ...(dryRun.length > 0 ? { dryRun } : {}),
      ...(force === undefined ? {} : { force }),
      ...(fieldManager === '' ? {} : { fieldManager }),
      ...(query.get('fieldValidation') ? { fieldValidation } : {}),
    },
  }
}

/** @throws StatusError Invalid, with that of the given kind of options */
export function requireDryRun(values: readonly string[], kind: string): boolean {
  const errors = dryRunErrors(values)
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind }, '', errors)
  return values.length > 0
}

export function dryRunErrors(values: readonly string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported('dryRun', values, ['All'])]
}

function validationErrors(value: string): FieldError[] {
  const known = FIELD_VALIDATIONS.some((each) => each === value)
  return known ? [] : [notSupported('fieldValidation', value, ['', ...FIELD_VALIDATIONS])]
}

function managerErrors(manager: string, isApply: boolean): FieldError[] {
  if (manager === '') return isApply ? [required('fieldManager', 'is required for apply patch')] : []
  return Buffer.byteLength(manager) > MAX_MANAGER_LENGTH
    ? [tooLong('fieldManager', `may not be more than ${MAX_MANAGER_LENGTH} bytes`)]
    : []
}

function forceErrors(force: boolean | undefined, kind: OptionsKind, isApply: boolean): FieldError[] {
  if (force === undefined || isApply || kind !== 'PatchOptions') return []
  return [forbidden('force', 'may not be specified for non-apply patch')]
}

/** The name before the version in a User-Agent. */
function managerOf(userAgent: string): string {
  const name = userAgent.split('/', 1)[0] as string
  return Buffer.from(name).subarray(0, MAX_MANAGER_LENGTH).toString()
}
