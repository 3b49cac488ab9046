import { type Logger, silentLogger } from '../common/log.ts'
import { type KubeClient, type KubeMetrics, Manager } from '../kube/index.ts'
import type { CertificateAuthority } from '../pki/index.ts'
import { addPolicyStatusController } from './admission-policies/policy-status.ts'
import { addBootstrapSigner } from './bootstrap-tokens/bootstrap-signer.ts'
import { addTokenCleaner } from './bootstrap-tokens/token-cleaner.ts'
import { addApprovingController } from './certificates/approving.ts'
import { addCleaningController } from './certificates/cleaning.ts'
import { addSigningController } from './certificates/signing.ts'
import { addClusterRoleAggregation } from './cluster-roles/cluster-role-aggregation.ts'
import type { ControllerContext, TokenFiller } from './controller-context.ts'
import { CONTROLLER_NAMES, type ControllerName, OFF_BY_DEFAULT } from './controller-names.ts'
import { selectControllers } from './controller-selection.ts'
import { addDeploymentController } from './deployments/deployment-controller.ts'
import { addEndpointSliceController } from './endpoint-slices/endpoint-slice-controller.ts'
import { addMirroringController } from './endpoint-slices/mirroring-controller.ts'
import { addEndpointsController } from './endpoints/endpoints-controller.ts'
import { addGarbageCollector } from './garbage-collection/add-garbage-collector.ts'
import { addJobController } from './jobs/job-controller.ts'
import { addTtlAfterFinishedController } from './jobs/ttl-after-finished.ts'
import { addNamespaceController } from './namespaces/namespace-controller.ts'
import { addNodeLifecycleController } from './nodes/node-lifecycle-controller.ts'
import { addPodGarbageCollector } from './pod-garbage/pod-garbage-collector.ts'
import { addReplicaSetController } from './replica-sets/replica-set-controller.ts'
import { addScheduler } from './scheduling/scheduler.ts'
import { addDefaultAccountController } from './service-accounts/default-account.ts'
import { addRootCaPublisher } from './service-accounts/root-ca-publisher.ts'
import { addTokenSecretController } from './service-accounts/token-secrets.ts'

const CONTROLLERS: Readonly<Record<ControllerName, (context: ControllerContext) => unknown>> = {
  'garbage-collector-controller': addGarbageCollector,
  'namespace-controller': addNamespaceController,
  'serviceaccount-controller': addDefaultAccountController,
  'serviceaccount-token-controller': addTokenSecretController,
  'root-ca-certificate-publisher-controller': addRootCaPublisher,
  'deployment-controller': addDeploymentController,
  'replicaset-controller': addReplicaSetController,
  'job-controller': addJobController,
  'ttl-after-finished-controller': addTtlAfterFinishedController,
  'endpoints-controller': addEndpointsController,
  'endpointslice-controller': addEndpointSliceController,
  'endpointslice-mirroring-controller': addMirroringController,
  'pod-garbage-collector-controller': addPodGarbageCollector,
  'node-lifecycle-controller': addNodeLifecycleController,
  'clusterrole-aggregation-controller': addClusterRoleAggregation,
  'certificatesigningrequest-approving-controller': addApprovingController,
  'certificatesigningrequest-signing-controller': addSigningController,
  'certificatesigningrequest-cleaner-controller': addCleaningController,
  'token-cleaner-controller': addTokenCleaner,
  'bootstrap-signer-controller': addBootstrapSigner,
  'default-scheduler': addScheduler,
  'validatingadmissionpolicy-status-controller': addPolicyStatusController,
}

export interface KubeControllersComponents {
  /** May do everything. Started and stopped by whoever made it. */
  readonly client: KubeClient
  readonly authority: CertificateAuthority
  readonly tokens: TokenFiller
  /** @default says nothing */
  readonly log?: Logger
  readonly metrics?: KubeMetrics
}

export interface KubeControllersOptions {
  /** As `--controllers`. @default all that are on by default */
  readonly controllers?: readonly string[]
}

/**
 * The controllers without which an API server is but a store: those of kube-controller-manager that need no node. They act as
 * one client, and may be stopped and started anew at any moment: all that they know is what the API has.
 */
export class KubeControllers {
  readonly #manager: Manager
  readonly #log: Logger
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined

  /** @throws ConfigError when a controller is named that there is not */
  constructor(
    { client, authority, tokens, log = silentLogger, metrics }: KubeControllersComponents,
    { controllers = ['*'] }: KubeControllersOptions = {},
  ) {
    this.#log = log.child({ component: 'kube-controllers' })
    this.#manager = new Manager({ client, log: this.#log, ...(metrics && { metrics }) })
    const context = { manager: this.#manager, client, authority, tokens, log: this.#log }
    const selected = selectControllers(CONTROLLER_NAMES, controllers, OFF_BY_DEFAULT)
    for (const name of selected) CONTROLLERS[name](context)
  }

  /** Does not wait for the API: they begin to work when they have seen what there is. */
  start(): void {
    this.#running ??= this.#manager.run(this.#stopping.signal).catch((err) => {
      this.#log.error({ err }, 'controllers ended')
    })
  }

  /** Breaks off what is under way, and waits for its end. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }
}
