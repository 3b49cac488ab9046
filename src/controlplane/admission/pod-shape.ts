import { isJsonObject, type JsonObject } from '../api/json.ts'
import { forbiddenObject } from '../rbac/index.ts'
import type { KubeObject } from '../registry/index.ts'
import type { AdmissionRequest } from './admission.ts'

const PODS = { group: '', resource: 'pods' }

/** The pod that is being created; undefined for every other request. */
export function newPod({
  operation,
  group,
  resource,
  subresource,
  object,
}: AdmissionRequest): KubeObject | undefined {
  const isPod = operation === 'CREATE' && group === '' && resource === 'pods' && subresource === ''
  return isPod ? object : undefined
}

export function specOf({ spec }: KubeObject): JsonObject {
  return isJsonObject(spec) ? spec : {}
}

/** The objects of a list, which has been checked to have no others. */
export function objectsOf(value: JsonObject[string]): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

export function podRefusal({ name }: AdmissionRequest, detail: string) {
  return forbiddenObject(PODS, name, detail)
}
