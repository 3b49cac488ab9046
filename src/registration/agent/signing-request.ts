import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from '../../apis/resources.ts'
import type { Logger } from '../../common/log.ts'
import { type Clock, Informer, isForbidden, type KubeClient, type ResourceClient } from '../../kube/index.ts'
import { createCertificateRequest, type Subject } from '../../pki/index.ts'
import { CLIENT_CERTIFICATE_USAGES, MOST_SIGNING_REQUESTS } from '../cluster-identity.ts'

/** Requests that wait for so long were forgotten by an agent that has ended: its key is gone. */
const STALE_AFTER_MS = 10 * 60_000

/** What is asked of the hub, again at each renewal. */
export interface SigningRequestForm {
  readonly namePrefix: string
  readonly labels: Readonly<Record<string, string>>
  readonly subject: Subject
  readonly dnsNames?: readonly string[]
  readonly signerName: string
  /** @default the signer's */
  readonly expirationSeconds?: number
  /** Whether a request that has the labels is of the same kind. */
  isOwn(request: CertificateSigningRequest): boolean
}

/** How a request has ended. */
export type SigningOutcome =
  | { readonly type: 'issued'; readonly certificatePem: string }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'gone' }

export interface SigningRequestsComponents {
  readonly hub: KubeClient
  readonly log: Logger
  readonly clock: Clock
}

/** Asks a hub for certificates of one kind. Watches nothing but a request that is under way. */
export class SigningRequests {
  readonly #requests: ResourceClient<CertificateSigningRequest>
  readonly #log: Logger
  readonly #clock: Clock
  readonly #form: SigningRequestForm

  constructor({ hub, log, clock }: SigningRequestsComponents, form: SigningRequestForm) {
    this.#requests = hub.resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
    this.#log = log
    this.#clock = clock
    this.#form = form
  }

  /**
   * Whether there are so many requests that another one would make things worse. Those that were left behind are removed first,
   * where the hub lets the agent do so (the original never tries, and its certificates expire).
   */
  async areTooMany(signal: AbortSignal): Promise<boolean> {
    const { labels, isOwn } = this.#form
    const labelSelector = Object.entries(labels)
      .map((pair) => pair.join('='))
      .join(',')
    const { items } = await this.#requests.listAll({ labelSelector, signal })
    const own = items.filter(isOwn)
    if (own.length < MOST_SIGNING_REQUESTS) return false
    const stale = own.filter((request) => this.#isStale(request))
    return own.length - (await this.#remove(stale, signal)) >= MOST_SIGNING_REQUESTS
  }

  /** Makes a key and a request for it. */
  async create(signal: AbortSignal): Promise<{ name: string; privateKeyPem: string }> {
    const { namePrefix, labels, subject, dnsNames, signerName, expirationSeconds } = this.#form
    const { requestPem, privateKeyPem } = await createCertificateRequest({
      ...subject,
      ...(dnsNames && { dnsNames }),
    })
    const { metadata } = await this.#requests.create(
      {
        metadata: { generateName: namePrefix, labels },
        spec: {
          request: Buffer.from(requestPem).toString('base64'),
          signerName,
          usages: CLIENT_CERTIFICATE_USAGES,
          ...(expirationSeconds && { expirationSeconds }),
        },
      },
      { signal },
    )
    return { name: metadata.name ?? '', privateKeyPem }
  }

  /** Resolves once the request has an outcome. Rejects with the reason of the signal. */
  async outcomeOf(name: string, signal: AbortSignal): Promise<SigningOutcome> {
    const fieldSelector = `metadata.name=${name}`
    const informer = new Informer<CertificateSigningRequest>(
      { resource: this.#requests, clock: this.#clock, log: this.#log },
      { fieldSelector },
    )
    const ended = Promise.withResolvers<SigningOutcome>()
    const look = (request: CertificateSigningRequest) => {
      const outcome = outcomeIn(request)
      if (outcome) ended.resolve(outcome)
    }
    informer.addHandler({
      onAdd: look,
      onUpdate: (_, request) => look(request),
      onDelete: () => ended.resolve({ type: 'gone' }),
    })
    const onAbort = () => ended.reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    informer.start()
    void informer.waitForSync(signal).then(
      () => informer.store.size === 0 && ended.resolve({ type: 'gone' }),
      () => {}, // aborted
    )
    try {
      return await ended.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
      await informer.stop()
    }
  }

  #isStale({ metadata, status }: CertificateSigningRequest): boolean {
    const age = this.#clock.now() - Date.parse(metadata.creationTimestamp ?? '')
    return !status?.conditions?.length && age > STALE_AFTER_MS
  }

  /** Returns how many are gone. */
  async #remove(requests: readonly CertificateSigningRequest[], signal: AbortSignal): Promise<number> {
    let removed = 0
    for (const { metadata } of requests) {
      try {
        await this.#requests.delete({ name: metadata.name ?? '' }, { signal })
        removed += 1
      } catch (error) {
        if (!isForbidden(error)) throw error
        break
      }
    }
    if (removed > 0) this.#log.info({ removed }, 'removed certificate requests that were left behind')
    return removed
  }
}

function outcomeIn({ status }: CertificateSigningRequest): SigningOutcome | undefined {
  const { conditions = [], certificate } = status ?? {}
  const refusal = conditions.find(({ type }) => type === 'Denied' || type === 'Failed')
  if (refusal) {
    const { type, reason, message } = refusal
    return { type: 'refused', reason: [type, reason, message].filter(Boolean).join(': ') }
  }
  const isApproved = conditions.some(({ type }) => type === 'Approved')
  if (!isApproved || !certificate) return undefined
  return { type: 'issued', certificatePem: Buffer.from(certificate, 'base64').toString() }
}
