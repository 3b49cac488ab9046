import { KLUSTERLET_CONDITION, KLUSTERLET_REASON } from '../../apis/operator/constants.ts'
import type { GenerationStatus, Klusterlet } from '../../apis/operator/v1.ts'
import { DEPLOYMENTS } from '../../apis/resources.ts'
import { deleteIfThere, findCondition, type KubeClient } from '../../kube/index.ts'
import { HUB_KUBECONFIG_SECRET } from '../../manifests/klusterlet.ts'
import { lastGenerationOf, withGeneration, withoutGeneration } from '../apply/generations.ts'
import type { ManifestApplier } from '../apply/manifest-applier.ts'
import type { AgentContext } from './agent-context.ts'
import {
  type DeploymentManifest,
  registrationDeployment,
  singletonDeployment,
  workDeployment,
} from './agent-deployments.ts'
import { textOf } from './kubeconfig-secret.ts'
import { agentNamespaceOf, deploymentsOf, isSingleton } from './names.ts'
import type { KlusterletSources } from './sources.ts'
import { inStage, WaitingError } from './stage-error.ts'

interface AgentDeployerComponents {
  readonly client: KubeClient
  readonly applier: ManifestApplier
  readonly sources: KlusterletSources
}

export interface DeployedAgents {
  readonly deployments: readonly DeploymentManifest[]
  readonly generations: readonly GenerationStatus[]
}

/** Deploys the agents of a Klusterlet's mode, and removes those of the other. */
export class AgentDeployer {
  readonly #client: KubeClient
  readonly #applier: ManifestApplier
  readonly #sources: KlusterletSources

  constructor({ client, applier, sources }: AgentDeployerComponents) {
    this.#client = client
    this.#applier = applier
    this.#sources = sources
  }

  /** Rejects with a StageError; with a WaitingError where the work agent has to wait for the cluster's name. */
  async deploy(klusterlet: Klusterlet, context: AgentContext, signal?: AbortSignal): Promise<DeployedAgents> {
    const deployments: DeploymentManifest[] = []
    let generations = klusterlet.status?.generations ?? []
    const deploy = async (manifest: DeploymentManifest) => {
      const lastGeneration = lastGenerationOf(generations, manifest)
      const { object } = await inStage(
        KLUSTERLET_REASON.applyFailed,
        () => this.#applier.apply(manifest, { signal, lastGeneration }),
        undefined,
        signal,
      )
      generations = withGeneration(generations, { ...manifest, metadata: object.metadata })
      deployments.push(manifest)
    }
    if (isSingleton(klusterlet)) await deploy(singletonDeployment(klusterlet, context))
    else {
      await deploy(registrationDeployment(klusterlet, context))
      const replicas = hasWorkAgentToWait(klusterlet) ? 0 : context.replicas
      await deploy(workDeployment(klusterlet, { ...context, replicas }, this.#clusterNameOf(klusterlet)))
    }
    for (const name of deploymentsOf(klusterlet).unwanted) {
      const key = { namespace: agentNamespaceOf(klusterlet), name }
      if (this.#sources.deployments.store.get(key))
        await deleteIfThere(this.#client.resource(DEPLOYMENTS), key, { signal })
      generations = withoutGeneration(generations, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: key,
      })
    }
    return { deployments, generations }
  }

  /** The name that was given, or that which the registration agent has made up and put into the Secret. */
  #clusterNameOf(klusterlet: Klusterlet): string {
    if (klusterlet.spec?.clusterName) return klusterlet.spec.clusterName
    const key = { namespace: agentNamespaceOf(klusterlet), name: HUB_KUBECONFIG_SECRET }
    const secret = this.#sources.hubSecrets.store.get(key)
    const failure = secret
      ? 'with error: the cluster name in the secret is empty'
      : `with error secrets "${HUB_KUBECONFIG_SECRET}" not found`
    const name = secret && textOf(secret, 'cluster-name')
    if (name) return name
    throw new WaitingError(
      KLUSTERLET_REASON.applyFailed,
      `Failed to get cluster name from hub kubeconfig secret ${failure}`,
    )
  }
}

/**
 * It would only wait for its kubeconfig to be mounted, and be slow to find it. Other reasons do not stop it: it may still have to clean
 * up when the hub lets go of the cluster.
 */
function hasWorkAgentToWait({ status }: Klusterlet): boolean {
  const condition = findCondition(status?.conditions, KLUSTERLET_CONDITION.hubConnectionDegraded)
  if (!condition) return true
  return (
    condition.status === 'True' && condition.reason.includes(KLUSTERLET_REASON.hubKubeConfigSecretMissing)
  )
}
