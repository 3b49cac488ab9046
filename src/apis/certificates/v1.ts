import type { Condition, KubeObject, Time } from '../meta/v1.ts'

export interface SigningRequestCondition extends Pick<Condition, 'status'> {
  readonly type: 'Approved' | 'Denied' | 'Failed'
  readonly reason?: string
  readonly message?: string
  readonly lastUpdateTime?: Time
  readonly lastTransitionTime?: Time
}

export interface CertificateSigningRequest extends KubeObject {
  readonly spec: {
    /** A PKCS#10 request in PEM, base64. */
    readonly request: string
    readonly signerName: string
    readonly expirationSeconds?: number
    /** Such as `client auth`. */
    readonly usages?: readonly string[]
    /** Who has asked, as the API server knows it. */
    readonly username?: string
    readonly uid?: string
    readonly groups?: readonly string[]
    readonly extra?: Readonly<Record<string, readonly string[]>>
  }
  readonly status?: {
    readonly conditions?: readonly SigningRequestCondition[]
    /** A chain in PEM, base64. */
    readonly certificate?: string
  }
}
