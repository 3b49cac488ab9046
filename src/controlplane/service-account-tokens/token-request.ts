import { type FieldError, invalid } from '../api/field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import type { KubeObject } from '../registry/index.ts'
import type { BoundObjectRef } from './bound-object.ts'

const DEFAULT_SECONDS = 60 * 60
const SHORTEST_SECONDS = 10 * 60
const LONGEST_SECONDS = 2 ** 32

/** What a TokenRequest of authentication.k8s.io/v1 asks for, with its defaults. */
export interface TokenRequestSpec {
  /** Empty for the server's own. */
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
  readonly boundObjectRef: BoundObjectRef | null
}

/** @throws StatusError BadRequest when something in it is of another type */
export function readTokenRequestSpec(request: KubeObject): TokenRequestSpec {
  const spec = object(request.spec, 'TokenRequest.spec', 'v1.TokenRequestSpec') ?? {}
  const expiration = own(spec, 'expirationSeconds') ?? DEFAULT_SECONDS
  const ref = object(
    own(spec, 'boundObjectRef'),
    'TokenRequestSpec.spec.boundObjectRef',
    'v1.BoundObjectReference',
  )
  return {
    audiences: strings(own(spec, 'audiences'), 'TokenRequestSpec.spec.audiences'),
    expirationSeconds: Number.isInteger(expiration)
      ? (expiration as number)
      : refuse(expiration, 'TokenRequestSpec.spec.expirationSeconds', 'int64'),
    boundObjectRef: ref ? readRef(ref) : null,
  }
}

/** kubernetes, pkg/apis/authentication/validation */
export function tokenRequestErrors({ expirationSeconds }: TokenRequestSpec): FieldError[] {
  const problem = expirationProblem(expirationSeconds)
  return problem === undefined ? [] : [invalid('spec.expirationSeconds', expirationSeconds, problem)]
}

function expirationProblem(seconds: number): string | undefined {
  if (seconds < SHORTEST_SECONDS) return 'may not specify a duration less than 10 minutes'
  if (seconds > LONGEST_SECONDS) return 'may not specify a duration larger than 2^32 seconds'
  return undefined
}

function readRef(ref: JsonObject): BoundObjectRef {
  const text = (name: keyof BoundObjectRef) =>
    string(own(ref, name) ?? '', `BoundObjectReference.spec.boundObjectRef.${name}`)
  return { kind: text('kind'), apiVersion: text('apiVersion'), name: text('name'), uid: text('uid') }
}

function own(value: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined
}

function object(value: JsonValue | undefined, field: string, type: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined
  return isJsonObject(value) ? value : refuse(value, field, type)
}

function strings(value: JsonValue | undefined, field: string): string[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value.map((each) => string(each, field)) : refuse(value, field, '[]string')
}

function string(value: JsonValue, field: string): string {
  return typeof value === 'string' ? value : refuse(value, field, 'string')
}

/** In the words of Go's decoder. */
function refuse(value: JsonValue, field: string, type: string): never {
  throw badRequest(
    `TokenRequest in version "v1" cannot be handled as a TokenRequest: json: cannot unmarshal ${kindOf(value)} into Go struct field ${field} of type ${type}`,
  )
}

function kindOf(value: JsonValue): string {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return `number ${value}`
  return Array.isArray(value) ? 'array' : typeof value
}
