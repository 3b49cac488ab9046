import type { KubeObject } from '../meta/v1.ts'

/** The `scale` subresource, the same for all that can be scaled. */
export interface Scale extends KubeObject {
  readonly spec?: { readonly replicas?: number }
  readonly status?: { readonly replicas: number; readonly selector?: string }
}
