import type { Secret } from '../../apis/core/v1.ts'
import { SECRETS } from '../../apis/resources.ts'
import { AppError, errorMessage } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import {
  Backoff,
  type Clock,
  Informer,
  isForbidden,
  type KubeClient,
  type NewCondition,
} from '../../kube/index.ts'
import { notRotatedCondition, rotatedCondition } from './certificate-condition.ts'
import { CertificateJudge, useless, type Verdict, type WantedCertificate } from './certificate-verdict.ts'
import { CERTIFICATE_KEY, PRIVATE_KEY_KEY } from './hub-kubeconfig.ts'
import { isKeyOf, readIssuedCertificate } from './issued-certificate.ts'
import type { NamespacedName } from './secret-data.ts'
import { encodeTexts, writeSecret } from './secret-data.ts'
import { type SigningOutcome, type SigningRequestForm, SigningRequests } from './signing-request.ts'
import { Wakeup } from './wakeup.ts'

/** The clock on the wall is looked at so often, since it may jump. That asks nobody. */
const LONGEST_SLEEP_MS = 5 * 60_000

/** With too many requests on the hub, they are counted again so often. */
const RECOUNT_AFTER_MS = 60_000

/** After a refusal: refused requests are kept by the hub for an hour, of which no more than ten are made. */
const ASK_AGAIN_AFTER_MS = 10 * 60_000

/** A person is waited for: said again so often. */
const REMIND_EVERY_MS = 5 * 60_000

const BACKOFF = { initialMs: 500, capMs: 30_000 }

export interface CertificateKeeperComponents {
  /** Where certificates are asked for. */
  readonly hub: KubeClient
  /** Where the Secret is. */
  readonly secrets: KubeClient
  readonly clock: Clock
  readonly log: Logger
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
  /** Told how it goes. What it rejects with is logged. */
  report(condition: NewCondition): Promise<void>
  /** Told of the Secret with a new certificate, as it was written. */
  onIssued?(secret: Secret): void
  /** Told when the Secret is of no use, and the hub does not let us ask for anything better. */
  onForbidden?(): void
}

/** A change of what else the Secret is to hold makes a new certificate. */
export interface CertificateKeeperOptions extends SigningRequestForm, WantedCertificate {
  readonly secret: NamespacedName
  /** Gets a new certificate first, whatever there is, since the hub refuses that. @default false */
  readonly mustRenew?: boolean
  /** What somebody has to do for a request to be approved: for the log. */
  readonly cure: string
}

/**
 * Sees to it that a Secret always holds a certificate of the hub that is good for some time. Level-triggered: what is there
 * decides, whoever wrote it; a Secret that is deleted or spoiled gets a new certificate at once.
 *
 * Invariant: at most one request is under way, and its key is in no other place than this process.
 */
export class CertificateKeeper {
  readonly #components: CertificateKeeperComponents
  readonly #options: CertificateKeeperOptions
  readonly #requests: SigningRequests
  readonly #judge: CertificateJudge
  readonly #wakeup: Wakeup
  #mustRenew: boolean
  /** Issued, and not in the Secret yet, for that could not be written. */
  #unsaved: { readonly certificatePem: string; readonly privateKeyPem: string } | undefined

  constructor(components: CertificateKeeperComponents, options: CertificateKeeperOptions) {
    const { hub, clock, random = Math.random } = components
    const log = components.log.child({ component: 'certificates', secret: options.secret.name })
    this.#components = { ...components, log }
    this.#options = options
    this.#mustRenew = options.mustRenew ?? false
    this.#judge = new CertificateJudge(clock, random)
    this.#wakeup = new Wakeup(clock)
    this.#requests = new SigningRequests({ hub, clock, log }, options)
  }

  /** Runs until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { secrets, clock, log } = this.#components
    const { namespace, name } = this.#options.secret
    const informer = new Informer<Secret>(
      { resource: secrets.resource<Secret>(SECRETS), clock, log },
      { namespace, fieldSelector: `metadata.name=${name}` },
    )
    const wake = () => this.#wakeup.wake()
    informer.addHandler({ onUpdate: wake, onDelete: wake })
    informer.start()
    const backoff = new Backoff(clock, BACKOFF)
    while (!signal.aborted) {
      const waitMs = await this.#stepOrWait(backoff, signal)
      if (waitMs > 0) await this.#wakeup.sleep(waitMs, signal)
    }
    await informer.stop()
  }

  async #stepOrWait(backoff: Backoff, signal: AbortSignal): Promise<number> {
    try {
      const waitMs = await this.#step(signal)
      backoff.reset()
      return waitMs
    } catch (err) {
      if (signal.aborted) return 0
      this.#components.log.warn({ err }, 'cannot keep the client certificate fresh, trying again')
      const what = this.#unsaved ? 'rotated client certificate' : 'create CSR'
      await this.#report(notRotatedCondition(`Failed to ${what} ${errorMessage(err)}`))
      return backoff.next()
    }
  }

  /** Resolves with the ms until the next look. */
  async #step(signal: AbortSignal): Promise<number> {
    const { secrets, onForbidden } = this.#components
    if (this.#unsaved) {
      await this.#save(this.#unsaved, signal)
      return 0
    }
    const secret = await secrets.resource<Secret>(SECRETS).find(this.#options.secret, { signal })
    const verdict = this.#mustRenew ? useless('the hub refuses it') : this.#judge.judge(secret, this.#options)
    if (verdict.leftMs > 0) return Math.min(verdict.leftMs, LONGEST_SLEEP_MS)
    try {
      return await this.#renew(verdict, signal)
    } catch (error) {
      if (verdict.isUseless && isForbidden(error)) onForbidden?.()
      throw error
    }
  }

  /** Resolves with the ms until the next look. */
  async #renew({ reason }: Verdict, signal: AbortSignal): Promise<number> {
    const { log } = this.#components
    if (await this.#requests.areTooMany(signal)) {
      log.warn(
        { cure: 'delete old CertificateSigningRequests of this cluster on the hub' },
        'no certificate is asked for, since there are too many requests on the hub already',
      )
      const message = 'Stop creating csr since there are too many csr created already on hub'
      await this.#report(notRotatedCondition(message))
      return RECOUNT_AFTER_MS
    }
    const { name, privateKeyPem } = await this.#requests.create(signal)
    const { cure } = this.#options
    log.info({ request: name, because: reason, cure }, 'asked the hub for a client certificate')
    const outcome = await this.#wait(name, signal)
    if (outcome.type === 'issued') {
      verifyPair(outcome.certificatePem, privateKeyPem)
      this.#unsaved = { certificatePem: outcome.certificatePem, privateKeyPem }
      return 0
    }
    if (outcome.type === 'gone')
      throw new AppError('ERR_REQUEST_GONE', `the request ${name} was deleted before it was decided`)
    log.warn({ request: name, outcome, cure }, 'the hub has issued no certificate')
    await this.#report(notRotatedCondition(`Failed to rotated client certificate ${outcome.reason}`))
    return ASK_AGAIN_AFTER_MS
  }

  async #wait(name: string, signal: AbortSignal): Promise<SigningOutcome> {
    const { clock, log } = this.#components
    const { cure } = this.#options
    const done = new AbortController()
    const reminding = (async () => {
      const over = AbortSignal.any([signal, done.signal])
      while (!over.aborted) {
        await clock.sleep(REMIND_EVERY_MS, over).catch(() => {})
        if (!over.aborted) log.warn({ request: name, cure }, 'waiting for the hub to approve the request')
      }
    })()
    try {
      return await this.#requests.outcomeOf(name, signal)
    } finally {
      done.abort()
      await reminding
    }
  }

  async #save(
    { certificatePem, privateKeyPem }: { certificatePem: string; privateKeyPem: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { secrets, log, onIssued } = this.#components
    const { secret: key, companions } = this.#options
    const data = encodeTexts({
      ...companions,
      [CERTIFICATE_KEY]: certificatePem,
      [PRIVATE_KEY_KEY]: privateKeyPem,
    })
    const written = await writeSecret(secrets, key, data, signal)
    this.#unsaved = undefined
    this.#mustRenew = false
    this.#judge.noteIssued(certificatePem)
    onIssued?.(written)
    const { notBefore, notAfter } = readIssuedCertificate(certificatePem)
    log.info({ notAfter: new Date(notAfter).toISOString() }, 'got a client certificate')
    await this.#report(rotatedCondition({ notBefore, notAfter }))
  }

  async #report(condition: NewCondition): Promise<void> {
    try {
      await this.#components.report(condition)
    } catch (err) {
      this.#components.log.debug({ err }, 'could not tell the hub of the client certificate')
    }
  }
}

/** Throws an AppError when the certificate is for another key. */
function verifyPair(certificatePem: string, privateKeyPem: string): void {
  if (isKeyOf(certificatePem, privateKeyPem)) return
  throw new AppError('ERR_CERTIFICATE_MISMATCH', 'the certificate that was issued is not for the private key')
}
