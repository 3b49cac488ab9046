import { type FieldError, invalid, notSupported } from '../api/field-error.ts'
import { isJsonObject, type JsonObject } from '../api/json.ts'
import { isTrue } from '../api/request-info.ts'
import { badRequest, invalidObject } from '../api/status.ts'
import { decodeBody } from '../codec/index.ts'
import type { DeleteOptions as RegistryOptions } from '../registry/index.ts'
import type { ObjectRequest } from './resource-request.ts'
import { requireDryRun } from './write-options.ts'

export interface DeleteOptions extends RegistryOptions {
  readonly dryRun: boolean
  /** As webhooks are told. */
  readonly object: JsonObject
}

const KIND = 'DeleteOptions'
const POLICIES = ['Background', 'Foreground', 'Orphan'] as const

/**
 * How a client wants to delete: what it says in the body or, without one, in the query.
 *
 * @throws StatusError BadRequest or Invalid
 */
export async function deleteOptions(request: ObjectRequest): Promise<DeleteOptions> {
  const body = await request.readBody()
  const object =
    body.length > 0
      ? decodeBody(body, request.headers['content-type'], { apiVersion: 'v1', kind: KIND }).object
      : fromQuery(request.url.searchParams)
  const dryRun = requireDryRun(texts(object.dryRun), KIND)
  const errors = [...policyErrors(object), ...graceErrors(object)]
  if (errors.length > 0) throw invalidObject({ group: '', kind: KIND }, '', errors)
  const preconditions = isJsonObject(object.preconditions) ? object.preconditions : {}
  return {
    dryRun,
    object,
    preconditions: { uid: text(preconditions.uid), resourceVersion: text(preconditions.resourceVersion) },
    propagationPolicy: policyOf(object),
    gracePeriodSeconds: typeof object.gracePeriodSeconds === 'number' ? object.gracePeriodSeconds : undefined,
  }
}

function fromQuery(query: URLSearchParams): JsonObject {
  const grace = query.get('gracePeriodSeconds') || undefined
  const orphan = query.get('orphanDependents')
  const policy = query.get('propagationPolicy') || undefined
  const dryRun = query.getAll('dryRun').filter((each) => each !== '')
  if (grace !== undefined && !/^-?\d{1,15}$/.test(grace))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`)
  return {
    kind: KIND,
    apiVersion: 'meta.k8s.io/v1',
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(orphan === null ? {} : { orphanDependents: isTrue(orphan) }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
  }
}

function policyOf({ propagationPolicy, orphanDependents }: JsonObject): RegistryOptions['propagationPolicy'] {
  if (typeof orphanDependents === 'boolean') return orphanDependents ? 'Orphan' : 'Background'
  return POLICIES.find((each) => each === propagationPolicy)
}

function policyErrors({ propagationPolicy, orphanDependents }: JsonObject): FieldError[] {
  if (propagationPolicy === undefined || propagationPolicy === null) return []
  if (typeof orphanDependents === 'boolean') {
    const detail = 'orphanDependents and deletionPropagation cannot be both set'
    return [invalid('propagationPolicy', propagationPolicy, detail)]
  }
  return POLICIES.some((each) => each === propagationPolicy)
    ? []
    : [notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil'])]
}

function graceErrors({ gracePeriodSeconds }: JsonObject): FieldError[] {
  if (typeof gracePeriodSeconds !== 'number' || gracePeriodSeconds >= 0) return []
  return [invalid('gracePeriodSeconds', gracePeriodSeconds, 'must be greater than or equal to 0')]
}

function texts(value: JsonObject[string]): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function text(value: JsonObject[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}
