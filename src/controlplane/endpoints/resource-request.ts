import type { ResourceRequest } from '../api/request-info.ts'
import { badRequest } from '../api/status.ts'
import type { ApiRequest } from '../http/api-request.ts'
import { type KubeObject, type ObjectName, withMeta } from '../registry/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'

export type ObjectRequest = ApiRequest<ResourceRequest>

export function targetOf({ info: { namespace, name } }: ObjectRequest): ObjectName {
  return { namespace, name }
}

/**
 * An object in the namespace of the request, and in none where that is empty, whatever it says itself (kubernetes,
 * apiserver/pkg/registry/rest/meta.go).
 *
 * @throws StatusError BadRequest when it says that it is in another
 */
export function placed(object: KubeObject, namespace: string): KubeObject {
  const own = object.metadata.namespace ?? ''
  if (own === namespace) return object
  if (namespace === '') return withMeta(object, { namespace: undefined })
  if (own !== '')
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return withMeta(object, { namespace })
}

/** Empty for what is in none: a Namespace's requests name itself. */
export function namespaceOf({ namespaced }: ServedResource, { info }: ObjectRequest): string {
  return namespaced ? info.namespace : ''
}
