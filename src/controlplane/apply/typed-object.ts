import type { JsonObject } from '../api/json.ts'
import { StatusError } from '../api/status.ts'
import { fieldOf } from './json-values.ts'
import type { ManagedType } from './managed-type.ts'
import { type Schema, UNTYPED } from './schema.ts'
import { type ValidateOptions, validate } from './validate.ts'

export function schemaIn(type: ManagedType, apiVersion: string): Schema {
  return type.schemaAt(apiVersion) ?? UNTYPED
}

/** Throws a StatusError if an object, in the version of the request, is not of its type, `role` being what it is. */
export function requireTyped(
  type: ManagedType,
  object: JsonObject,
  role: string,
  options?: ValidateOptions,
): void {
  requireTypedIn(type, type.apiVersion, object, role, options)
}

/** An object that is in some version, in another one; a StatusError if that makes it one that is not of its type. */
export function convertTo(type: ManagedType, object: JsonObject, apiVersion: string): JsonObject {
  if (fieldOf(object, 'apiVersion') === apiVersion) return object
  const converted = type.convert(object, apiVersion)
  requireTypedIn(type, apiVersion, converted, 'converted', { lenient: true })
  return converted
}

/** As Kubernetes writes a group, version and kind: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
export function kindText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}

function requireTypedIn(
  type: ManagedType,
  apiVersion: string,
  object: JsonObject,
  role: string,
  options?: ValidateOptions,
): void {
  const problems = validate(schemaIn(type, apiVersion), object, options)
  if (problems === '') return
  throw new StatusError(
    'InternalError',
    `failed to create typed ${role} object (${identify(apiVersion, type.kind, object)}): ${problems}`,
  )
}

function identify(apiVersion: string, kind: string, object: JsonObject): string {
  const metadata = fieldOf(object, 'metadata')
  const [namespace, name] = [fieldOf(metadata, 'namespace'), fieldOf(metadata, 'name')].map((text) =>
    typeof text === 'string' ? text : '',
  )
  return `${namespace}/${name}; ${kindText(apiVersion, kind)}`
}
