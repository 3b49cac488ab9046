import type { JsonObject } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import { decodeBody, type FieldValidation } from '../codec/index.ts'
import type { KubeObject } from '../registry/index.ts'
import type { ServedResource } from '../resources/index.ts'
import type { AdmissionRequest } from './admission.ts'

const JSON_TYPE = 'application/json'

/**
 * An object that somebody has changed, as if a client had sent it: with its defaults.
 *
 * @throws StatusError
 */
export function decodeChanged(
  object: JsonObject,
  { objectKind }: AdmissionRequest,
  {
    matched,
    fieldValidation,
  }: { readonly matched: ServedResource; readonly fieldValidation: FieldValidation },
): KubeObject {
  const bytes = Buffer.from(JSON.stringify(object))
  if (!objectKind) return matched.decode(bytes, JSON_TYPE, fieldValidation).object as KubeObject
  const { group, version, kind } = objectKind
  const apiVersion = group === '' ? version : `${group}/${version}`
  return decodeBody(bytes, JSON_TYPE, { apiVersion, kind }, fieldValidation).object as KubeObject
}

/** @throws StatusError BadRequest when the object would go elsewhere than the client was allowed to write */
export function requireSameNamespace({ metadata }: KubeObject, { object }: AdmissionRequest): void {
  if ((metadata.namespace ?? '') === (object?.metadata.namespace ?? '')) return
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}
