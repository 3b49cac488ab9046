import { ADD_ON_CONDITION } from '../../../apis/addon/constants.ts'
import {
  MANAGED_CLUSTER_ADD_ONS,
  type ManagedClusterAddOn,
  type RegistrationConfig,
} from '../../../apis/addon/v1alpha1.ts'
import type { Secret } from '../../../apis/core/v1.ts'
import { SECRETS } from '../../../apis/resources.ts'
import { errorMessage } from '../../../common/errors.ts'
import type { Logger } from '../../../common/log.ts'
import {
  Backoff,
  type Clock,
  findCondition,
  Informer,
  type KubeClient,
  type NewCondition,
  timeText,
} from '../../../kube/index.ts'
import { addOnServiceAccount, addOnTokenUser } from '../../addon-identity.ts'
import { KUBE_CLIENT_SIGNER_NAME } from '../../cluster-identity.ts'
import { TOKEN_KEY } from '../hub-kubeconfig.ts'
import {
  encodeTexts,
  type NamespacedName,
  type SecretTexts,
  secretText,
  writeSecret,
} from '../secret-data.ts'
import { Wakeup } from '../wakeup.ts'
import { readToken, tokenRenewalTime } from './service-account-token.ts'

const LONGEST_SLEEP_MS = 5 * 60_000
/** A hub that gives tokens which are over at once, by this cluster's clock, is not asked all the time. */
const SHORTEST_SLEEP_MS = 10_000
const BACKOFF = { initialMs: 500, capMs: 30_000 }
const { tokenInfrastructureReady, tokenRefreshed } = ADD_ON_CONDITION

export interface TokenKeeperComponents {
  readonly hub: KubeClient
  /** Of the cluster's add-ons. */
  readonly addOns: Informer<ManagedClusterAddOn>
  /** Where the Secret is. */
  readonly secrets: KubeClient
  readonly clock: Clock
  readonly log: Logger
  /** Told how it goes. What it rejects with is logged. */
  report(condition: NewCondition): Promise<void>
}

export interface TokenKeeperOptions {
  readonly clusterName: string
  readonly addOnName: string
  readonly secret: NamespacedName
  readonly companions: SecretTexts
  readonly expirationSeconds: number
}

/** Sees to it that a Secret always holds a fresh token of an add-on's service account on the hub. */
export class TokenKeeper {
  readonly #components: TokenKeeperComponents
  readonly #options: TokenKeeperOptions
  readonly #wakeup: Wakeup

  constructor(components: TokenKeeperComponents, options: TokenKeeperOptions) {
    this.#components = components
    this.#options = options
    this.#wakeup = new Wakeup(components.clock)
  }

  /** Runs until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { secrets, addOns, clock, log } = this.#components
    const { namespace, name } = this.#options.secret
    const wake = () => this.#wakeup.wake()
    const informer = new Informer<Secret>(
      { resource: secrets.resource<Secret>(SECRETS), clock, log },
      { namespace, fieldSelector: `metadata.name=${name}` },
    )
    informer.addHandler({ onUpdate: wake, onDelete: wake })
    informer.start()
    const ignore = addOns.addHandler({ onUpdate: wake })
    const backoff = new Backoff(clock, BACKOFF)
    while (!signal.aborted) {
      let waitMs: number
      try {
        waitMs = await this.#step(signal)
        backoff.reset()
      } catch (err) {
        if (signal.aborted) break
        waitMs = backoff.next()
        log.warn({ err }, 'cannot keep the token of the add-on fresh, trying again')
      }
      await this.#wakeup.sleep(waitMs, signal)
    }
    ignore()
    await informer.stop()
  }

  /** Resolves with the ms until the next look. */
  async #step(signal: AbortSignal): Promise<number> {
    const { secrets, addOns, clock, log } = this.#components
    const { clusterName, addOnName, secret: key, companions } = this.#options
    const addOn = addOns.store.get({ namespace: clusterName, name: addOnName })
    if (!addOn) return LONGEST_SLEEP_MS
    if (await this.#claimSubject(addOn, signal)) return LONGEST_SLEEP_MS // which is an event
    const ready = findCondition(addOn.status?.conditions, tokenInfrastructureReady)
    const uid = ready?.status === 'True' ? uidIn(ready.message) : undefined
    if (uid === undefined) {
      log.info({ addOnName }, 'waiting for the hub to make the service account of the add-on')
      return LONGEST_SLEEP_MS
    }
    const secret = await secrets.resource<Secret>(SECRETS).find(key, { signal })
    const isComplete = Object.keys(companions).every((each) => secretText(secret, each) === companions[each])
    const renewAt = isComplete ? tokenRenewalTime(secretText(secret, TOKEN_KEY), uid) : 0
    const leftMs = renewAt - clock.now()
    if (leftMs > 0) return Math.min(leftMs, LONGEST_SLEEP_MS)
    const token = await this.#request(signal)
    await writeSecret(secrets, key, encodeTexts({ ...companions, [TOKEN_KEY]: token }), signal)
    const expiresAt = timeText(readToken(token)?.expiresAt ?? clock.now())
    log.info({ addOnName, expiresAt }, 'got a token for the add-on')
    const message = `Addon token refreshed, expires at ${expiresAt}`
    await this.#report({ type: tokenRefreshed, status: 'True', reason: 'AddonTokenRefreshed', message })
    return SHORTEST_SLEEP_MS
  }

  async #request(signal: AbortSignal): Promise<string> {
    const { clusterName, addOnName, expirationSeconds } = this.#options
    const account = addOnServiceAccount(addOnName)
    try {
      const { status } = await this.#components.hub.request<{ status: { token: string } }>({
        method: 'POST',
        path: `/api/v1/namespaces/${clusterName}/serviceaccounts/${account}/token`,
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds },
        },
        signal,
      })
      return status.token
    } catch (error) {
      signal.throwIfAborted()
      const message = `Failed to create token: failed to create token for ServiceAccount ${clusterName}/${account}: ${errorMessage(error)}`
      await this.#report({ type: tokenRefreshed, status: 'False', reason: 'TokenCreationFailed', message })
      throw error
    }
  }

  /** Whatever comes of it: what it is about counts more. */
  async #report(condition: NewCondition): Promise<void> {
    try {
      await this.#components.report(condition)
    } catch (err) {
      this.#components.log.debug({ err }, 'could not tell the hub of the token')
    }
  }

  /** Says on the hub whom the token is for, over what the add-on's framework may have written. Returns whether that was news. */
  async #claimSubject(addOn: ManagedClusterAddOn, signal: AbortSignal): Promise<boolean> {
    const { clusterName, addOnName } = this.#options
    const user = addOnTokenUser(clusterName, addOnName)
    const isWrong = ({ signerName, subject }: RegistrationConfig) =>
      signerName === KUBE_CLIENT_SIGNER_NAME && (subject?.user !== user || subject.groups?.length)
    const registrations = addOn.status?.registrations ?? []
    if (!registrations.some(isWrong)) return false
    const claimed = registrations.map((each) => (isWrong(each) ? { ...each, subject: { user } } : each))
    const { resourceVersion } = addOn.metadata
    const body = { metadata: { resourceVersion }, status: { registrations: claimed } }
    const addOns = this.#components.hub.resource<ManagedClusterAddOn>(MANAGED_CLUSTER_ADD_ONS)
    await addOns.patchStatus({ namespace: clusterName, name: addOnName }, { type: 'merge', body }, { signal })
    return true
  }
}

/** The hub says it in words: `ServiceAccount <namespace>/<name> (UID: <uid>) is ready`. */
function uidIn(message: string): string | undefined {
  return /UID: ([^)]+)\)/.exec(message)?.[1]
}
