import type { Manifest } from '../apply/manifest.ts'
import type { HubConfig } from './hub-config.ts'
import {
  addonManagerDeployment,
  addonManagerResources,
  addonWebhookDeployment,
  addonWebhookResources,
} from './manifests/addon.ts'
import type { DeploymentManifest } from './manifests/hub-deployment.ts'
import { networkPolicies } from './manifests/network-policies.ts'
import { placementDebugService, placementDeployment, placementResources } from './manifests/placement.ts'
import { registrationDeployments, registrationResources } from './manifests/registration.ts'
import {
  workControllerDeployment,
  workControllerResources,
  workWebhookDeployment,
  workWebhookResources,
} from './manifests/work.ts'

/** What is wanted, and what must not be there because a gate is off. */
export interface Wanted<M extends Manifest = Manifest> {
  readonly wanted: readonly M[]
  readonly unwanted: readonly M[]
}

/** The namespace that all others are in. */
export function hubNamespace({ namespace, labels }: Pick<HubConfig, 'namespace' | 'labels'>): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }
}

/** Accounts, rights and Services, in the order in which they are applied. */
export function hubResources(config: HubConfig): Wanted {
  const { gates } = config
  return sorted([
    [true, [hubNamespace(config), ...registrationResources(config), ...workWebhookResources(config)]],
    [true, [...placementResources(config), ...addonWebhookResources(config)]],
    [gates.addOnManager, addonManagerResources(config)],
    [gates.workController, workControllerResources(config)],
    [gates.placementDebugServer, [placementDebugService(config)]],
    [gates.networkPolicies, networkPolicies(config)],
  ])
}

export function hubDeployments(config: HubConfig): Wanted<DeploymentManifest> {
  const { gates } = config
  return sorted<DeploymentManifest>([
    [true, [...registrationDeployments(config), workWebhookDeployment(config), placementDeployment(config)]],
    [true, [addonWebhookDeployment(config)]],
    [gates.addOnManager, [addonManagerDeployment(config)]],
    [gates.workController, [workControllerDeployment(config)]],
  ])
}

function sorted<M extends Manifest>(
  parts: readonly (readonly [isWanted: boolean, manifests: readonly M[]])[],
): Wanted<M> {
  const of = (isWanted: boolean) =>
    parts.filter(([each]) => each === isWanted).flatMap(([, manifests]) => manifests)
  return { wanted: of(true), unwanted: of(false) }
}
