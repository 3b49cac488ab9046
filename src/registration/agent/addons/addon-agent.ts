import { MANAGED_CLUSTER_ADD_ONS, type ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import type { Logger } from '../../../common/log.ts'
import { type Clock, Controller, Informer, type KubeClient } from '../../../kube/index.ts'
import { AddOnHealth } from './addon-health.ts'
import { AddOnRegistrations, type AddOnRegistrationsOptions } from './addon-registrations.ts'

export interface AddOnAgentComponents {
  readonly hub: KubeClient
  readonly spoke: KubeClient
  readonly management: KubeClient
  readonly clock: Clock
  readonly log: Logger
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
}

/** What the agent does for the add-ons of its cluster: their identities, and their health. Runs while the hub accepts the cluster. */
export class AddOnAgent {
  readonly #addOns: Informer<ManagedClusterAddOn>
  readonly #registrations: AddOnRegistrations
  readonly #health: AddOnHealth
  readonly #controllers: readonly Controller[]

  constructor(components: AddOnAgentComponents, options: AddOnRegistrationsOptions) {
    const { hub, clock, log } = components
    const { clusterName } = options
    const resource = hub.resource<ManagedClusterAddOn>(MANAGED_CLUSTER_ADD_ONS)
    const addOns = new Informer<ManagedClusterAddOn>({ resource, clock, log }, { namespace: clusterName })
    const registrations = new AddOnRegistrations({ ...components, addOns }, options)
    const registering = new Controller(
      { clock, log },
      {
        name: 'addon-registration',
        reconcile: ({ name }, { signal }) => registrations.reconcile(name, signal),
      },
    ).watch(addOns)
    const watching: Controller = new Controller(
      { clock, log },
      {
        name: 'addon-health',
        reconcile: async ({ name }, { signal }) => {
          const requeueAfterMs = await health.reconcile(name, signal)
          return requeueAfterMs === undefined ? undefined : { requeueAfterMs }
        },
      },
    ).watch(addOns)
    const enqueue = (name: string) => watching.enqueue({ namespace: clusterName, name })
    const health = new AddOnHealth({ ...components, addOns, enqueue }, clusterName)
    this.#addOns = addOns
    this.#registrations = registrations
    this.#health = health
    this.#controllers = [registering, watching]
  }

  start(): void {
    this.#addOns.start()
    for (const controller of this.#controllers) controller.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => controller.stop()))
    await Promise.all([this.#registrations.stop(), this.#health.stop(), this.#addOns.stop()])
  }
}
