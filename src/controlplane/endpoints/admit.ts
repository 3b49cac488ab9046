import type { AdmissionRequest, ObjectKind } from '../admission/index.ts'
import type { JsonObject } from '../api/json.ts'
import type { KubeObject } from '../registry/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'
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

/** What admission is asked. */
export function admissionRequest(
  { info, user, signal, warn }: ObjectRequest,
  { group, version, kind, resource }: Pick<ServedResource, 'group' | 'version' | 'kind' | 'resource'>,
  intent: Intent,
): AdmissionRequest {
  const { subresource, namespace, name } = info
  return {
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
  }
}

/** The same about an object as the rules of its kind have left it, which has its name by now (k8s.io/apiserver, registry/rest). */
export function withObject(request: AdmissionRequest, object: KubeObject): AdmissionRequest {
  const { metadata } = object
  const present = Object.entries(metadata).filter(([, value]) => value !== undefined)
  const shown = { ...object, metadata: Object.fromEntries(present) }
  return { ...request, name: request.name || (metadata.name ?? ''), object: shown }
}
