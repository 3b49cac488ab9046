import type { AdmissionRequest, ObjectKind } from '../admission/index.ts'
import type { JsonObject } from '../api/json.ts'
import type { KubeObject } from '../registry/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import type { ObjectRequest } from './resource-request.ts'

/** What a write wants to do, as far as its request does not say. */
export type Intent = Pick<
  AdmissionRequest,
  'operation' | 'object' | 'oldObject' | 'dryRun' | 'afterwards'
> & {
  readonly options: JsonObject
  /** @default that of the request */
  readonly name?: string
  /** @default that of the request */
  readonly subresource?: string
  /** @default that of the resource */
  readonly objectKind?: ObjectKind
}

/**
 * The object as it is admitted.
 *
 * @throws StatusError
 */
export function admit(
  { admission }: EndpointComponents,
  { info, user, signal, warn }: ObjectRequest,
  { group, version, kind, resource }: Pick<ServedResource, 'group' | 'version' | 'kind' | 'resource'>,
  intent: Intent,
): Promise<KubeObject | undefined> {
  const { subresource, namespace, name } = info
  return admission.admit({
    group,
    version,
    kind,
    resource,
    subresource,
    namespace,
    name,
    user,
    signal,
    warn,
    ...intent,
  })
}
