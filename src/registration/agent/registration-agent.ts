import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import type { Secret } from '../../apis/core/v1.ts'
import { aborted } from '../../common/aborted.ts'
import type { Logger } from '../../common/log.ts'
import { Backoff, type Clock, KubeClient, type NewCondition, type ReadAccess } from '../../kube/index.ts'
import { type AgentNames, findAgentNames } from './agent-names.ts'
import { AgentSecrets } from './agent-secrets.ts'
import { type BootstrapKubeconfig, readBootstrapKubeconfig } from './bootstrap-kubeconfig.ts'
import { CertificateKeeper } from './certificate-keeper.ts'
import { clusterCertificate } from './cluster-certificate.ts'
import { ClusterCreator } from './cluster-creator.ts'
import { chooseHub } from './hub-choice.ts'
import { credentialsProblem, expiryOf, type WantedIdentity } from './hub-credentials.ts'
import { hubClusterOf, KUBECONFIG_KEY } from './hub-kubeconfig.ts'
import { HubSession } from './hub-session.ts'
import type { RegistrationAgentOptions } from './options.ts'
import { reportClusterCondition } from './report-cluster-condition.ts'
import { secretText } from './secret-data.ts'
import { Wakeup } from './wakeup.ts'

const BACKOFF = { initialMs: 1000, capMs: 30_000 }
/** The clock on the wall may jump. */
const LONGEST_SLEEP_MS = 60_000

export interface RegistrationAgentComponents {
  /** Where the agent's Secrets are: the cluster that it runs in. */
  readonly management: KubeClient
  /** The cluster that it registers; often the same. */
  readonly spoke: KubeClient
  readonly log: Logger
  readonly clock: Clock
  /** PEM of the authorities behind the external server URLs. @default none */
  readonly readSpokeCaBundle?: () => Promise<string | undefined>
  /** @default a KubeClient over connections of its own */
  readonly newHubClient?: (readAccess: ReadAccess) => KubeClient
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
  /** Starts what else works with a hub for as long as the agent is registered with it. @default nothing */
  readonly startWork?: (hub: RegisteredHub) => { stop(): Promise<void> }
}

/** A hub that the agent is registered with. */
export interface RegisteredHub extends AgentNames {
  /** With the agent's own credentials. Stopped by the agent. */
  readonly client: KubeClient
  /** Its address, to the letter of the bootstrap kubeconfig. */
  readonly server: string
}

/** What the agent is at. */
export type AgentPhase = 'starting' | 'bootstrapping' | 'registered' | 'stopped'

/** How one round has ended. */
interface RoundEnd {
  readonly reason: string
  readonly areCredentialsRefused: boolean
}

interface KeeperParts {
  readonly hub: KubeClient
  readonly bootstrap: BootstrapKubeconfig
  readonly log: Logger
  readonly report: (condition: NewCondition) => Promise<void>
  readonly onForbidden?: () => void
  readonly mustRenew: boolean
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
      const dir = this.#options.hubKubeconfigDir
      this.#names = await findAgentNames({ wanted: this.#names, secret, dir })
      await this.#runRounds(signal)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.#phase = 'stopped'
      await this.#secrets.stop()
    }
  }

  async #runRounds(signal: AbortSignal): Promise<void> {
    const { clock } = this.#components
    const { clusterName, agentName } = this.#names
    const log = this.#log.child({ clusterName, agentName })
    const backoff = new Backoff(clock, BACKOFF)
    let areCredentialsRefused = false
    while (!signal.aborted) {
      try {
        const end = await this.#round(areCredentialsRefused, log, signal)
        areCredentialsRefused = end.areCredentialsRefused
        if (!signal.aborted) log.info({ reason: end.reason }, 'beginning anew with the hub')
        backoff.reset()
      } catch (err) {
        if (signal.aborted) return
        log.error({ err }, 'cannot register with the hub, trying again')
        await this.#changed.sleep(backoff.next(), signal)
      }
    }
  }

  async #round(mustBootstrap: boolean, log: Logger, signal: AbortSignal): Promise<RoundEnd> {
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
      const bootstrap = await this.#chooseBootstrap(during)
      const problem = mustBootstrap
        ? 'the hub refuses the credentials'
        : await this.#credentialsProblem(bootstrap)
      const isForgotten = problem === undefined && (await this.#isForgotten(bootstrap, during))
      this.#isToldToJoin = false
      if (problem !== undefined || isForgotten) {
        log.info({ because: problem ?? 'the hub has no such cluster' }, 'asking the hub for credentials')
        await this.#bootstrap(bootstrap, { mustRenew: mustBootstrap || isForgotten }, log, during)
      }
      await this.#secrets.written()
      const expiring = this.#watchExpiry(bootstrap, during)
      const session = await this.#work(bootstrap, log, during)
      const end = await ended.promise
      this.#phase = 'starting'
      round.abort()
      await Promise.all([session.stop(), expiring])
      return end
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

  async #chooseBootstrap(signal: AbortSignal): Promise<BootstrapKubeconfig> {
    const { bootstrapKubeconfigs, gates } = this.#options
    if (!gates.MultipleHubs)
      return readBootstrapKubeconfig(bootstrapKubeconfigs[0] ?? '', this.#secrets.bootstrap)
    const candidates = await Promise.all(
      bootstrapKubeconfigs.map((file) => readBootstrapKubeconfig(file, undefined)),
    )
    const kubeconfig = secretText(this.#secrets.credentials.secret, KUBECONFIG_KEY)
    const current = kubeconfig === undefined ? undefined : await hubClusterOf(kubeconfig)
    const newClient = (readAccess: ReadAccess) => this.#newHubClient(readAccess)
    const { clusterName } = this.#names
    const currentServer = current?.server
    return chooseHub({ log: this.#log, newClient }, { clusterName, currentServer, candidates }, signal)
  }

  #credentialsProblem({ hub }: BootstrapKubeconfig): Promise<string | undefined> {
    const now = this.#components.clock.now()
    return credentialsProblem(this.#secrets.credentials.secret, { hub, ...this.#names }, now)
  }

  /** A cluster that was deleted on the hub stays away until it is told to join. */
  async #isForgotten({ readAccess }: BootstrapKubeconfig, signal: AbortSignal): Promise<boolean> {
    if (!this.#isToldToJoin) return false
    const client = this.#newHubClient(readAccess)
    try {
      const clusters = client.resource<ManagedCluster>(MANAGED_CLUSTERS)
      return (await clusters.find({ name: this.#names.clusterName }, { signal })) === undefined
    } catch (err) {
      signal.throwIfAborted()
      this.#log.warn({ err }, 'cannot ask the hub for the cluster with the bootstrap credentials')
      return false
    } finally {
      await client.stop()
    }
  }

  /** Resolves once there are credentials that do. Rejects with the reason of the signal. */
  async #bootstrap(
    bootstrap: BootstrapKubeconfig,
    { mustRenew }: { mustRenew: boolean },
    log: Logger,
    signal: AbortSignal,
  ): Promise<void> {
    this.#phase = 'bootstrapping'
    this.#wanted = undefined
    const { clock, readSpokeCaBundle } = this.#components
    const { externalServerUrls, clusterAnnotations: annotations } = this.#options
    const { clusterName } = this.#names
    const client = this.#newHubClient(bootstrap.readAccess)
    const done = new AbortController()
    const during = AbortSignal.any([signal, done.signal])
    const caBundle = externalServerUrls.length > 0 ? await readSpokeCaBundle?.() : undefined
    const creator = new ClusterCreator(
      { hub: client, clock, log },
      { clusterName, annotations, externalServerUrls, caBundle },
    )
    const before = this.#secrets.credentials.secret?.metadata.resourceVersion
    const report = async () => {} // nobody but the cluster's own agent may say anything
    const keeper = this.#keeper({ hub: client, bootstrap, log, report, mustRenew })
    const running = [creator.run(during), keeper.run(during)]
    try {
      const isSame = () => this.#secrets.credentials.secret?.metadata.resourceVersion === before
      while (isSame() || (await this.#credentialsProblem(bootstrap)) !== undefined) {
        await this.#changed.sleep(LONGEST_SLEEP_MS, during)
        signal.throwIfAborted()
      }
      // A hub that approves at once may be faster than the cluster is made; later nobody would make it any more.
      await Promise.race([creator.settled, aborted(signal)])
      signal.throwIfAborted()
    } finally {
      done.abort()
      await Promise.all(running)
      await client.stop()
    }
  }

  /** Makes and starts all that needs credentials. They end with `signal`, the session when it is stopped. */
  async #work(
    bootstrap: BootstrapKubeconfig,
    log: Logger,
    signal: AbortSignal,
  ): Promise<{ stop(): Promise<void> }> {
    const { random, startWork } = this.#components
    const hub = this.#newHubClient(this.#secrets.credentials.readAccess)
    await hub.start()
    log.info({ hub: bootstrap.hub.server }, 'registering with credentials of its own')
    const session = new HubSession(
      {
        ...this.#components,
        hub,
        log,
        ...(random && { random }),
        onEnd: (reason, options) => this.#endRound?.({ reason, ...options }),
      },
      { ...this.#options, ...this.#names, hubCluster: bootstrap.hub },
    )
    this.#wanted = { hub: bootstrap.hub, ...this.#names }
    session.start()
    const { clusterName } = this.#names
    const report = (condition: NewCondition) => reportClusterCondition(hub, clusterName, condition)
    const onForbidden = () =>
      this.#endRound?.({
        reason: 'the credentials are lost, and the hub does not let the cluster ask for others',
        areCredentialsRefused: true,
      })
    const keeper = this.#keeper({ hub, bootstrap, log, report, onForbidden, mustRenew: false })
    const keeping = keeper.run(signal)
    const work = startWork?.({ client: hub, server: bootstrap.hub.server, ...this.#names })
    this.#phase = 'registered'
    return {
      stop: async () => {
        await Promise.all([session.stop(), keeping, work?.stop()])
        await hub.stop()
      },
    }
  }

  #newHubClient(readAccess: ReadAccess): KubeClient {
    const { newHubClient, clock, log } = this.#components
    if (newHubClient) return newHubClient(readAccess)
    const { hubQps: qps, hubBurst: burst } = this.#options
    return new KubeClient({ readAccess, clock, log }, { qps, burst, accessMaxAgeMs: 0 })
  }

  #keeper({ hub, bootstrap, log, report, onForbidden, mustRenew }: KeeperParts): CertificateKeeper {
    const { management: secrets, clock, random } = this.#components
    return new CertificateKeeper(
      {
        hub,
        secrets,
        clock,
        log,
        report,
        onIssued: (secret) => this.#secrets.takeOver(secret),
        ...(onForbidden && { onForbidden }),
        ...(random && { random }),
      },
      { ...clusterCertificate({ hub: bootstrap.hub, ...this.#names }, this.#options), mustRenew },
    )
  }

  /** Ends the round when the certificate expires, or was spoiled, so that the next begins with bootstrap credentials. */
  async #watchExpiry(bootstrap: BootstrapKubeconfig, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const problem = await this.#credentialsProblem(bootstrap)
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
