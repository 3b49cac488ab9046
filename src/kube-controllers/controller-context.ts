import type { Secret, ServiceAccount } from '../apis/core/v1.ts'
import type { Logger } from '../common/log.ts'
import type { KubeClient, Manager } from '../kube/index.ts'
import type { CertificateAuthority } from '../pki/index.ts'

/** Writes the tokens of service accounts: whoever has the key. */
export interface TokenFiller {
  /** The Secret of type `kubernetes.io/service-account-token`, with its data and annotations filled in. */
  fillTokenSecret(secret: Secret, account: ServiceAccount): Promise<Secret>
}

/** What controllers are made of. */
export interface ControllerContext {
  readonly manager: Manager
  readonly client: KubeClient
  /** Signs the certificates of clients, and is what Pods trust the API server by. */
  readonly authority: CertificateAuthority
  readonly tokens: TokenFiller
  readonly log: Logger
}
