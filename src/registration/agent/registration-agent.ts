import type { Secret } from '../../apis/core/v1.ts'
import type { Logger } from '../../common/log.ts'
import { Backoff, isTooManyRequests } from '../../kube/index.ts'
import {
  type AgentContext,
  ownCredentialsProblem,
  type RegistrationAgentComponents,
} from './agent-context.ts'
import { type AgentNames, findAgentNames } from './agent-names.ts'
import { AgentSecrets } from './agent-secrets.ts'
import { chooseBootstrap, isUnknownToHub } from './bootstrap-choice.ts'
import type { BootstrapKubeconfig } from './bootstrap-kubeconfig.ts'
import { getCredentials } from './bootstrapping.ts'
import { credentialsProblem, expiryOf, type WantedIdentity } from './hub-credentials.ts'
import type { RegistrationAgentOptions } from './options.ts'
import { startRegistration } from './registration.ts'
import { Wakeup } from './wakeup.ts'

const BACKOFF = { initialMs: 1000, capMs: 30_000 }
/** The clock on the wall may jump. */
const LONGEST_SLEEP_MS = 60_000

/** What the agent is at. */
export type AgentPhase = 'starting' | 'bootstrapping' | 'registered' | 'stopped'

/** How one round has ended. */
interface RoundEnd {
  readonly reason: string
  readonly areCredentialsRefused: boolean
}

/**
 * Registers one cluster with a hub, and keeps it registered: gets a client certificate by bootstrap credentials, then works with
 * that, and begins anew when either does not do any more. All it remembers is in its Secrets.
 *
 * Owns its connections to the hub; the other clients are its maker's. Hundreds of them run in one process.
 */
export class RegistrationAgent {
  readonly #components: RegistrationAgentComponents
  readonly #options: RegistrationAgentOptions
  readonly #log: Logger
  readonly #secrets: AgentSecrets
  readonly #changed: Wakeup
  #names: AgentNames
  #phase: AgentPhase = 'starting'
  /** Whose credentials the agent works with. */
  #wanted: WantedIdentity | undefined
  #endRound: ((end: RoundEnd) => void) | undefined
  /** Somebody has given other bootstrap credentials, which means to join. */
  #isToldToJoin = false

  constructor(components: RegistrationAgentComponents, options: RegistrationAgentOptions) {
    this.#components = components
    this.#options = options
    this.#log = components.log.child({ component: 'registration-agent' })
    this.#changed = new Wakeup(components.clock)
    this.#names = { clusterName: options.clusterName, agentName: options.agentName }
    const { management, clock } = components
    this.#secrets = new AgentSecrets(
      {
        management,
        clock,
        log: this.#log,
        onBootstrap: () => this.#onBootstrap(),
        onCredentials: () => this.#changed.wake(),
        isWelcome: (secret) => this.#isWelcome(secret),
      },
      options,
    )
  }

  get phase(): AgentPhase {
    return this.#phase
  }

  /** Empty as long as they are not known. */
  get names(): AgentNames {
    return this.#names
  }

  /** Why the agent is of no use, in a few words; undefined if it is (or may be soon). */
  health(): string | undefined {
    if (this.#phase !== 'registered') return undefined
    return expiryOf(this.#secrets.credentials.secret) > this.#components.clock.now()
      ? undefined
      : 'the client certificate expires and rebootstrap is required.'
  }

  /** Runs until the signal is aborted, and resolves when everything has stopped. Rejects where it was told nonsense. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#secrets.start(signal)
      const { secret } = this.#secrets.credentials
      const { hubKubeconfigDir: dir, keepsAgentName = false } = this.#options
      this.#names = await findAgentNames({ wanted: this.#names, keepsAgentName, secret, dir })
      await this.#runRounds(this.#context(), signal)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.#phase = 'stopped'
      await this.#secrets.stop()
    }
  }

  #context(): AgentContext {
    return {
      components: this.#components,
      options: this.#options,
      names: this.#names,
      secrets: this.#secrets,
      changed: this.#changed,
      log: this.#log.child({ ...this.#names }),
    }
  }

  async #runRounds(context: AgentContext, signal: AbortSignal): Promise<void> {
    const { log } = context
    const backoff = new Backoff(this.#components.clock, BACKOFF)
    let areCredentialsRefused = false
    while (!signal.aborted) {
      try {
        const end = await this.#round(context, areCredentialsRefused, signal)
        areCredentialsRefused = end.areCredentialsRefused
        if (!signal.aborted) log.info({ reason: end.reason }, 'beginning anew with the hub')
        backoff.reset()
      } catch (err) {
        if (signal.aborted) return
        log[isTooManyRequests(err) ? 'warn' : 'error']({ err }, 'cannot register with the hub, trying again')
        await this.#changed.sleep(backoff.next(), signal)
      }
    }
  }

  async #round(context: AgentContext, mustBootstrap: boolean, signal: AbortSignal): Promise<RoundEnd> {
    const ended = Promise.withResolvers<RoundEnd>()
    const round = new AbortController()
    const stop = () => ended.resolve({ reason: 'stopped', areCredentialsRefused: false })
    signal.addEventListener('abort', stop, { once: true })
    this.#endRound = (end) => {
      ended.resolve(end)
      round.abort()
    }
    const during = AbortSignal.any([signal, round.signal])
    try {
      const bootstrap = await chooseBootstrap(context, during)
      await this.#haveCredentials(context, bootstrap, mustBootstrap, during)
      this.#wanted = { hub: bootstrap.hub, ...context.names }
      const expiring = this.#watchExpiry(context, bootstrap, during)
      try {
        const registration = await startRegistration(context, {
          bootstrap,
          onEnd: (reason, options) => this.#endRound?.({ reason, ...options }),
        })
        this.#phase = 'registered'
        const end = await ended.promise
        this.#phase = 'starting'
        await registration.stop()
        return end
      } finally {
        round.abort()
        await expiring
      }
    } catch (error) {
      if (during.aborted) return ended.promise
      throw error
    } finally {
      this.#endRound = undefined
      this.#wanted = undefined
      round.abort()
      signal.removeEventListener('abort', stop)
    }
  }

  /** Gets other credentials, if those that there are do not do. */
  async #haveCredentials(
    context: AgentContext,
    bootstrap: BootstrapKubeconfig,
    mustBootstrap: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const problem = mustBootstrap
      ? 'the hub refuses the credentials'
      : await ownCredentialsProblem(context, bootstrap.hub)
    // A cluster that was deleted on the hub stays away until it is told to join.
    const isForgotten =
      problem === undefined && this.#isToldToJoin && (await isUnknownToHub(context, bootstrap, signal))
    this.#isToldToJoin = false
    if (problem !== undefined || isForgotten) {
      context.log.info(
        { because: problem ?? 'the hub has no such cluster' },
        'asking the hub for credentials',
      )
      this.#phase = 'bootstrapping'
      await getCredentials(context, { bootstrap, mustRenew: mustBootstrap || isForgotten }, signal)
    }
    await this.#secrets.written()
  }

  /** Ends the round when the certificate expires, or was spoiled, so that the next begins with bootstrap credentials. */
  async #watchExpiry(
    context: AgentContext,
    { hub }: BootstrapKubeconfig,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const problem = await ownCredentialsProblem(context, hub)
      if (problem !== undefined) this.#endRound?.({ reason: problem, areCredentialsRefused: false })
      const leftMs = expiryOf(this.#secrets.credentials.secret) - this.#components.clock.now()
      await this.#changed.sleep(Math.min(Math.max(leftMs, 1000), LONGEST_SLEEP_MS), signal)
    }
  }

  #onBootstrap(): void {
    this.#isToldToJoin = this.#phase === 'registered'
    this.#endRound?.({ reason: 'the bootstrap kubeconfig has changed', areCredentialsRefused: false })
    this.#changed.wake()
  }

  /** While the agent works, what does not do is left alone: the old credentials get a new certificate in its place. */
  async #isWelcome(secret: Secret | undefined): Promise<boolean> {
    const now = this.#components.clock.now()
    return !this.#wanted || (await credentialsProblem(secret, this.#wanted, now)) === undefined
  }
}
