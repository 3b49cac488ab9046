import { BOOL, type CelType, DYN, listOf, mapOf, type ObjectType, STRING } from '../../../cel/types.ts'
import type { JsonObject } from '../../api/json.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { AdmissionRequest } from '../admission.ts'

/**
 * What reviews, and expressions by the name of `request`, tell of a request besides its objects (k8s.io/api, admission/v1). What is
 * empty is left out. `matched` is the version of the resource that was asked for.
 */
export function requestFields(request: AdmissionRequest, matched: ServedResource): JsonObject {
  const { group, version, kind, resource, subresource, name, namespace, operation, dryRun, objectKind } =
    request
  const { uid, name: username, groups, extra } = request.user
  const part = subresource === '' ? {} : { subResource: subresource }
  const requestPart = subresource === '' ? {} : { requestSubResource: subresource }
  return {
    kind: { ...(objectKind ?? { group: matched.group, version: matched.version, kind: matched.kind }) },
    resource: { group: matched.group, version: matched.version, resource: matched.resource },
    ...part,
    requestKind: { ...(objectKind ?? { group, version, kind }) },
    requestResource: { group, version, resource },
    ...requestPart,
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      ...(username === '' ? {} : { username }),
      ...(uid === undefined || uid === '' ? {} : { uid }),
      ...(groups.length === 0 ? {} : { groups }),
      ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
    },
    dryRun,
    options: request.options,
  }
}

const strings = (...names: string[]): ReadonlyMap<string, CelType> =>
  new Map(names.map((name) => [name, STRING]))

const KIND: ObjectType = {
  kind: 'object',
  name: 'kubernetes.GroupVersionKind',
  fields: strings('group', 'version', 'kind'),
}

const RESOURCE: ObjectType = {
  kind: 'object',
  name: 'kubernetes.GroupVersionResource',
  fields: strings('group', 'version', 'resource'),
}

const USER_INFO: ObjectType = {
  kind: 'object',
  name: 'kubernetes.UserInfo',
  fields: new Map([
    ...strings('username', 'uid'),
    ['groups', listOf(STRING)],
    ['extra', mapOf(STRING, listOf(STRING))],
  ]),
}

export const REQUEST_TYPE: ObjectType = {
  kind: 'object',
  name: 'kubernetes.AdmissionRequest',
  fields: new Map<string, CelType>([
    ['kind', KIND],
    ['resource', RESOURCE],
    ['requestKind', KIND],
    ['requestResource', RESOURCE],
    ...strings('subResource', 'requestSubResource', 'name', 'namespace', 'operation'),
    ['userInfo', USER_INFO],
    ['dryRun', BOOL],
    ['options', DYN],
  ]),
}
