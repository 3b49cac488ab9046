import type { JsonObject } from '../../api/json.ts'
import type { User } from '../../rbac/index.ts'
import type { KubeObject } from '../../registry/index.ts'

/** The objects of certificates.k8s.io/v1. */

export interface Condition extends JsonObject {
  readonly type: string
  readonly status: string
  readonly lastUpdateTime?: string
  readonly lastTransitionTime?: string
}

export interface SigningRequest extends KubeObject {
  readonly spec: JsonObject & {
    /** A PKCS#10 request in PEM, in base64. */
    readonly request?: string | null
    readonly signerName: string
    readonly expirationSeconds?: number
    readonly usages?: readonly string[]
  }
  readonly status: JsonObject & {
    readonly conditions?: readonly Condition[]
    /** A chain in PEM, in base64. */
    readonly certificate?: string
  }
}

export function conditionsOf({ status }: SigningRequest): readonly Condition[] {
  return status.conditions ?? []
}

/** A new request in the name of who sends it, whatever it says of itself. Signers trust that name. */
export function withRequester(csr: KubeObject, { name, uid, groups, extra }: User): KubeObject {
  const { username: _, uid: __, groups: ___, extra: ____, ...spec } = (csr as SigningRequest).spec
  return {
    ...csr,
    spec: {
      ...spec,
      ...(name === '' ? {} : { username: name }),
      ...(uid === undefined || uid === '' ? {} : { uid }),
      ...(groups === undefined || groups.length === 0 ? {} : { groups }),
      ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
    },
  }
}
