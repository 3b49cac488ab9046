import { type FieldError, invalid, notSupported } from '../api/field-error.ts'
import { queryInteger } from '../api/go-integer.ts'
import { isJsonObject, type JsonObject } from '../api/json.ts'
import { isTrue } from '../api/request-info.ts'
import { invalidObject } from '../api/status.ts'
import { decodeBody } from '../codec/index.ts'
import type { DeleteOptions as RegistryOptions } from '../registry/index.ts'
import type { ObjectRequest } from './resource-request.ts'
import { dryRunErrors } from './write-options.ts'

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
  const dryRun = texts(object.dryRun)
  const errors = [...policyErrors(object), ...dryRunErrors(dryRun)]
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: KIND }, '', errors)
  const preconditions = isJsonObject(object.preconditions) ? object.preconditions : {}
  return {
    dryRun: dryRun.length > 0,
    object,
    preconditions: { uid: text(preconditions.uid), resourceVersion: text(preconditions.resourceVersion) },
    propagationPolicy: policyOf(object),
    gracePeriodSeconds: graceSeconds(object),
  }
}

function fromQuery(query: URLSearchParams): JsonObject {
  const gracePeriodSeconds = queryInteger(query, 'gracePeriodSeconds')
  const orphan = query.get('orphanDependents')
  const policy = query.get('propagationPolicy')
  const dryRun = query.getAll('dryRun')
  const uid = query.get('uid')
  const resourceVersion = query.get('resourceVersion')
  const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) }
  return {
    kind: KIND,
    apiVersion: 'meta.k8s.io/v1',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(uid || resourceVersion ? { preconditions } : {}),
    ...(orphan === null ? {} : { orphanDependents: isTrue(orphan) }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
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
    : [notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil'])]
}

/** Less than none is one second. */
function graceSeconds({ gracePeriodSeconds }: JsonObject): number | undefined {
  if (typeof gracePeriodSeconds !== 'number') return undefined
  return gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds
}

function texts(value: JsonObject[string]): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function text(value: JsonObject[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}
