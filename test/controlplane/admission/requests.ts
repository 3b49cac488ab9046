import type { AdmissionRequest } from '../../../src/controlplane/admission/index.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'

/** A request that creates a pod, unless told otherwise. */
export function admissionRequest(changes: Partial<AdmissionRequest> = {}): AdmissionRequest {
  const name = changes.object?.metadata.name ?? ''
  return {
    operation: 'CREATE',
    group: '',
    version: 'v1',
    kind: 'Pod',
    resource: 'pods',
    subresource: '',
    namespace: 'rec',
    name,
    object: undefined,
    oldObject: undefined,
    user: { name: 'alice', groups: [] },
    dryRun: false,
    options: {},
    signal: new AbortController().signal,
    warn: () => {},
    afterwards: () => {},
    ...changes,
  }
}

export function object(kind: string, name: string, rest: object = {}, metadata: object = {}): KubeObject {
  return { kind, apiVersion: 'v1', metadata: { name, ...metadata }, ...rest }
}
