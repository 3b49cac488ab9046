import type { AdmissionRequest } from './admission.ts'

/** What refusals call an object by that may not have its name yet (k8s.io/apiserver, admission/errors.go). */
export function requestName({ name, object }: AdmissionRequest): string {
  return name || object?.metadata.generateName || 'Unknown'
}
