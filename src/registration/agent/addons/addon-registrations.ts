import { ADD_ON_NAME_LABEL } from '../../../apis/addon/constants.ts'
import { MANAGED_CLUSTER_ADD_ONS, type ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import { CLUSTER_NAME_LABEL } from '../../../apis/cluster/constants.ts'
import type { Secret } from '../../../apis/core/v1.ts'
import { SECRETS } from '../../../apis/resources.ts'
import type { Logger } from '../../../common/log.ts'
import {
  type Clock,
  type Informer,
  isNotFound,
  type KubeClient,
  type NewCondition,
} from '../../../kube/index.ts'
import { addOnDnsName, addOnRequestLabels, addOnRequestPrefix } from '../../addon-identity.ts'
import { KUBE_CLIENT_SIGNER_NAME } from '../../cluster-identity.ts'
import { CertificateKeeper } from '../certificate-keeper.ts'
import {
  CERTIFICATE_USER,
  CLUSTER_NAME_KEY,
  type HubCluster,
  hubKubeconfig,
  KUBECONFIG_KEY,
  TOKEN_USER,
} from '../hub-kubeconfig.ts'
import type { SecretTexts } from '../secret-data.ts'
import { reportAddOnCondition } from './addon-condition.ts'
import { type AddOnAuth, type AddOnRegistration, addOnRegistrations } from './registration-config.ts'
import { TokenKeeper } from './token-keeper.ts'

export interface AddOnRegistrationsComponents {
  readonly hub: KubeClient
  readonly spoke: KubeClient
  readonly management: KubeClient
  readonly addOns: Informer<ManagedClusterAddOn>
  readonly clock: Clock
  readonly log: Logger
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
}

export interface AddOnRegistrationsOptions {
  readonly clusterName: string
  readonly hubCluster: HubCluster
  readonly auth: AddOnAuth
  readonly tokenExpirationSeconds: number
  /** @default the signer's */
  readonly certificateExpirationSeconds?: number | undefined
}

interface Running {
  readonly registration: AddOnRegistration
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/** Gets the agents of add-ons their identities on the hub: a Secret for each, as long as the add-on asks for it. */
export class AddOnRegistrations {
  readonly #components: AddOnRegistrationsComponents
  readonly #options: AddOnRegistrationsOptions
  /** By add-on, and by what tells registrations apart. */
  readonly #running = new Map<string, Map<string, Running>>()

  constructor(components: AddOnRegistrationsComponents, options: AddOnRegistrationsOptions) {
    this.#components = components
    this.#options = options
  }

  async reconcile(addOnName: string, signal: AbortSignal): Promise<void> {
    const { clusterName, auth } = this.#options
    const addOn = this.#components.addOns.store.get({ namespace: clusterName, name: addOnName })
    // While an add-on is being deleted, its agent may need its identity to clean up.
    if (addOn?.metadata.deletionTimestamp) return
    if (addOn && (await this.#declareDriver(addOn, signal))) return // which is an event
    const wanted = addOn ? addOnRegistrations(addOn, clusterName, auth) : new Map<string, AddOnRegistration>()
    const running = this.#running.get(addOnName) ?? new Map<string, Running>()
    this.#running.set(addOnName, running)
    for (const [id, each] of running) {
      const isWanted = wanted.has(id)
      if (isWanted && !each.stop.signal.aborted) continue
      // One that could not be ended to the last, and is wanted again, keeps its Secret.
      if (!isWanted) await this.#end(each, signal)
      running.delete(id)
    }
    for (const [id, registration] of wanted) {
      if (!running.has(id)) running.set(id, this.#begin(registration))
    }
    if (running.size === 0) this.#running.delete(addOnName)
  }

  /** Ends all, and leaves the Secrets. */
  async stop(): Promise<void> {
    const all = [...this.#running.values()].flatMap((each) => [...each.values()])
    this.#running.clear()
    for (const { stop } of all) stop.abort()
    await Promise.all(all.map(({ ended }) => ended))
  }

  #begin(registration: AddOnRegistration): Running {
    const { log } = this.#components
    const { addOnName, driver, secretName } = registration
    log.info({ addOnName, driver, secret: secretName }, 'registering the add-on')
    const stop = new AbortController()
    const keeper =
      driver === 'token' ? this.#tokenKeeper(registration) : this.#certificateKeeper(registration)
    return { registration, stop, ended: keeper.run(stop.signal) }
  }

  async #end({ registration, stop, ended }: Running, signal: AbortSignal): Promise<void> {
    stop.abort()
    await ended
    const { namespace, secretName: name } = registration
    const secrets = this.#clientOf(registration).resource<Secret>(SECRETS)
    try {
      await secrets.delete({ namespace, name }, { signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  #certificateKeeper(registration: AddOnRegistration): CertificateKeeper {
    const { clusterName, certificateExpirationSeconds: expirationSeconds } = this.#options
    const { hub, clock, log, random } = this.#components
    const { addOnName, namespace, secretName, subject, signerName } = registration
    const components = {
      hub,
      clock,
      log: log.child({ addOnName }),
      secrets: this.#clientOf(registration),
      report: this.#reporter(addOnName),
      ...(random && { random }),
    }
    return new CertificateKeeper(components, {
      secret: { namespace, name: secretName },
      namePrefix: addOnRequestPrefix(clusterName, addOnName),
      labels: addOnRequestLabels(clusterName, addOnName),
      subject,
      dnsNames: [addOnDnsName(addOnName)],
      signerName,
      ...(expirationSeconds && { expirationSeconds }),
      isOwn: ({ metadata: { labels = {} } }) =>
        labels[CLUSTER_NAME_LABEL] === clusterName && labels[ADD_ON_NAME_LABEL] === addOnName,
      companions: this.#companions(registration),
      cure: `on the hub: approve it, or see why the manager of the add-on ${addOnName} does not`,
    })
  }

  #tokenKeeper(registration: AddOnRegistration): TokenKeeper {
    const { clusterName, tokenExpirationSeconds: expirationSeconds } = this.#options
    const { hub, addOns, clock, log } = this.#components
    const { addOnName, namespace, secretName } = registration
    const secrets = this.#clientOf(registration)
    const report = this.#reporter(addOnName)
    return new TokenKeeper(
      { hub, addOns, secrets, clock, log: log.child({ addOnName }), report },
      {
        clusterName,
        addOnName,
        secret: { namespace, name: secretName },
        companions: this.#companions(registration),
        expirationSeconds,
      },
    )
  }

  #companions({ signerName, driver }: AddOnRegistration): SecretTexts {
    const { clusterName, hubCluster } = this.#options
    const user = driver === 'token' ? TOKEN_USER : CERTIFICATE_USER
    const isForKube = signerName === KUBE_CLIENT_SIGNER_NAME
    return {
      [CLUSTER_NAME_KEY]: clusterName,
      ...(isForKube && { [KUBECONFIG_KEY]: hubKubeconfig(hubCluster, user) }),
    }
  }

  #reporter(addOnName: string): (condition: NewCondition) => Promise<void> {
    const key = { namespace: this.#options.clusterName, name: addOnName }
    return (condition) => reportAddOnCondition(this.#components.hub, key, condition)
  }

  #clientOf({ isHosted }: AddOnRegistration): KubeClient {
    return isHosted ? this.#components.management : this.#components.spoke
  }

  /** Tells the hub how this agent shows who add-ons are. Returns whether that was news. */
  async #declareDriver(addOn: ManagedClusterAddOn, signal: AbortSignal): Promise<boolean> {
    const { auth, clusterName } = this.#options
    const { registrations = [], kubeClientDriver } = addOn.status ?? {}
    const hasKubeClient = registrations.some(({ signerName }) => signerName === KUBE_CLIENT_SIGNER_NAME)
    if (!hasKubeClient || kubeClientDriver === auth) return false
    const key = { namespace: clusterName, name: addOn.metadata.name ?? '' }
    const addOns = this.#components.hub.resource<ManagedClusterAddOn>(MANAGED_CLUSTER_ADD_ONS)
    const { kubeClientDriver: known } =
      (
        await addOns.patchStatus(
          key,
          { type: 'merge', body: { status: { kubeClientDriver: auth } } },
          { signal },
        )
      ).status ?? {}
    return known === auth // a hub that is too old to know of drivers drops it
  }
}
