import type { KubeObject } from '../meta/v1.ts'

export interface ValidatingAdmissionPolicy extends KubeObject {
  readonly status?: { readonly observedGeneration?: number }
}
