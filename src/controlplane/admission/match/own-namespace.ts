import type { AdmissionRequest } from '../admission.ts'

/** A namespace is told to be in itself, also when it is only about to be made. */
export function withNamespace(request: AdmissionRequest): AdmissionRequest {
  const { group, resource, namespace, name } = request
  return group === '' && resource === 'namespaces' && namespace === ''
    ? { ...request, namespace: name }
    : request
}
