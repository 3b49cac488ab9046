import type { JsonObject } from '../api/json.ts'

const BEARER_TOKEN = {
  type: 'apiKey',
  description: '`Bearer` and a token',
  name: 'authorization',
  in: 'header',
}

export const SECURITY_SCHEMES = { BearerToken: BEARER_TOKEN }
export const SECURITY: readonly JsonObject[] = [{ BearerToken: [] }]

/** @param version of Kubernetes, such as `v1.36.0` */
export function kubernetesInfo(version: string): JsonObject {
  return { title: 'Kubernetes', version }
}

/** Custom resources are described by another part of an API server, which calls itself so. */
export const CUSTOM_INFO: JsonObject = { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' }
