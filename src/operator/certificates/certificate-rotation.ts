import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { ConfigMap, Secret } from '../../apis/core/v1.ts'
import type { ObjectKey } from '../../apis/meta/v1.ts'
import { isNotFound, type KubeClient, type ResourceClient } from '../../kube/index.ts'
import { CertificateAuthority, type WallClock } from '../../pki/index.ts'
import { authoritiesOf, CA_BUNDLE_KEY, caBundleWith } from './ca-bundle.ts'
import { keyedCertificateOf, writeTlsSecret } from './tls-secret.ts'
import { readCertificate, renewalTime } from './validity.ts'

const DAY_MS = 24 * 60 * 60 * 1000

export const SIGNER_VALIDITY_MS = 365 * DAY_MS
export const SERVING_VALIDITY_MS = 30 * DAY_MS

/** Where the authority is, and whom everybody is to trust. */
export const SIGNER_SECRET = 'signer-secret'
export const CA_BUNDLE_CONFIG_MAP = 'ca-bundle-configmap'

/** A server, and the Secret that its certificate is kept in. */
export interface ServingCertificate {
  readonly secretName: string
  /** DNS names and IP addresses, by all of which it is called. */
  readonly hostNames: readonly string[]
}

export interface CertificateRotationOptions {
  readonly namespace: string
  /** Common name of the authority, to which the time of its making is added. */
  readonly signerName: string
}

/**
 * Keeps the certificates of the servers of one namespace: an authority in `signer-secret`, all authorities that are still trusted
 * in `ca-bundle-configmap`, and a certificate for each server. Each is renewed when a fifth of its life is left, a server's also
 * when its names change or nobody trusts its authority any more. What an old authority has signed stays valid until then.
 */
export class CertificateRotation {
  readonly #secrets: ResourceClient<Secret>
  readonly #configMaps: ResourceClient<ConfigMap>
  readonly #clock: WallClock
  readonly #options: CertificateRotationOptions

  constructor(
    { client, clock = client.clock }: { readonly client: KubeClient; readonly clock?: WallClock },
    options: CertificateRotationOptions,
  ) {
    this.#secrets = client.resource<Secret>({ group: '', version: 'v1', plural: 'secrets', namespaced: true })
    this.#configMaps = client.resource<ConfigMap>({
      group: '',
      version: 'v1',
      plural: 'configmaps',
      namespaced: true,
    })
    this.#clock = clock
    this.#options = options
  }

  /** Renews what is due. Resolves with in how many ms something will be due again. */
  async ensure(servers: readonly ServingCertificate[], signal?: AbortSignal): Promise<number> {
    const signer = await this.#ensureSigner(signal)
    const authorities = await this.#ensureCaBundle(signer.certificatePem, signal)
    const due = [renewalTimeOf(signer.certificatePem)]
    for (const server of servers) due.push(await this.#ensureServing(server, signer, authorities, signal))
    return Math.max(0, Math.min(...due) - this.#clock.now())
  }

  /** Removes the certificate of a server that is wanted no longer. */
  async remove(secretName: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#secrets.delete(this.#key(secretName), { signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  async #ensureSigner(signal: AbortSignal | undefined): Promise<CertificateAuthority> {
    const key = this.#key(SIGNER_SECRET)
    const existing = await this.#secrets.find(key, { signal })
    const usable = this.#usableSigner(existing)
    if (usable) return usable
    const now = this.#clock.now()
    const made = await CertificateAuthority.create(
      {
        commonName: `${this.#options.signerName}@${Math.floor(now / 1000)}`,
        validityMs: SIGNER_VALIDITY_MS,
      },
      { clock: this.#clock },
    )
    const secret = await writeTlsSecret(this.#secrets, key, existing, made, signal)
    return CertificateAuthority.load(keyedCertificateOf(secret), { clock: this.#clock })
  }

  #usableSigner(secret: Secret | undefined): CertificateAuthority | undefined {
    const keyed = keyedCertificateOf(secret)
    const certificate = readCertificate(keyed.certificatePem)
    if (!certificate || this.#clock.now() >= renewalTime(certificate)) return undefined
    try {
      return CertificateAuthority.load(keyed, { clock: this.#clock })
    } catch {
      return undefined // certificate and key do not belong together: nothing can be signed with them
    }
  }

  async #ensureCaBundle(signerPem: string, signal: AbortSignal | undefined): Promise<X509Certificate[]> {
    const key = this.#key(CA_BUNDLE_CONFIG_MAP)
    const existing = await this.#configMaps.find(key, { signal })
    const before = existing?.data?.[CA_BUNDLE_KEY] ?? ''
    const bundle = caBundleWith(before, signerPem, this.#clock.now())
    if (!existing) {
      const metadata = { namespace: this.#options.namespace, name: key.name }
      await this.#configMaps.create(
        { kind: 'ConfigMap', metadata, data: { [CA_BUNDLE_KEY]: bundle } },
        { signal },
      )
    } else if (bundle !== before) {
      await this.#configMaps.update(
        { ...existing, data: { ...existing.data, [CA_BUNDLE_KEY]: bundle } },
        { signal },
      )
    }
    return authoritiesOf(bundle)
  }

  /** Resolves with when the server's certificate will be renewed. */
  async #ensureServing(
    { secretName, hostNames }: ServingCertificate,
    signer: CertificateAuthority,
    authorities: readonly X509Certificate[],
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const key = this.#key(secretName)
    const existing = await this.#secrets.find(key, { signal })
    const { certificatePem } = keyedCertificateOf(existing)
    if (this.#isUsable(certificatePem, hostNames, authorities)) return renewalTimeOf(certificatePem)
    const issued = await signer.issueServerCertificate({
      dnsNames: hostNames.filter((name) => isIP(name) === 0),
      ipAddresses: hostNames.filter((name) => isIP(name) !== 0),
      validityMs: SERVING_VALIDITY_MS,
    })
    const secret = await writeTlsSecret(this.#secrets, key, existing, issued, signal)
    return renewalTimeOf(keyedCertificateOf(secret).certificatePem)
  }

  #isUsable(
    certificatePem: string,
    hostNames: readonly string[],
    authorities: readonly X509Certificate[],
  ): boolean {
    const certificate = readCertificate(certificatePem)
    if (!certificate || this.#clock.now() >= renewalTime(certificate)) return false
    const isTrusted = authorities.some(
      (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
    )
    return isTrusted && namesText(namesOf(certificate)) === namesText(hostNames)
  }

  #key(name: string): ObjectKey {
    return { namespace: this.#options.namespace, name }
  }
}

/** At once for what cannot be read. */
function renewalTimeOf(certificatePem: string): number {
  const certificate = readCertificate(certificatePem)
  return certificate ? renewalTime(certificate) : 0
}

function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName
    .split(', ')
    .filter((entry) => entry !== '')
    .map((entry) => entry.slice(entry.indexOf(':') + 1))
}

function namesText(names: readonly string[]): string {
  return [...new Set(names)].sort().join(',')
}
