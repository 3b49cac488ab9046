import type { Klusterlet } from '../apis/operator/v1.ts'

/** Names of the originals' objects, by which those that this program did not make are known, too. */
export const OPERATOR_NAMESPACE = 'open-cluster-management'

export const CLUSTER_MANAGER = 'cluster-manager'
export const CLUSTER_MANAGER_CRD = 'clustermanagers.operator.open-cluster-management.io'
export const HUB_NAMESPACE = 'open-cluster-management-hub'
/** Whose tokens clusters introduce themselves with. */
export const BOOTSTRAP_SERVICE_ACCOUNT = 'agent-registration-bootstrap'

export const KLUSTERLET = 'klusterlet'
export const KLUSTERLET_CRD = 'klusterlets.operator.open-cluster-management.io'
export const DEFAULT_AGENT_NAMESPACE = 'open-cluster-management-agent'

/** Where the agents of a klusterlet run, and their Secrets are. */
export function agentNamespaceOf(klusterlet: Klusterlet): string {
  if (isHosted(klusterlet)) return klusterlet.metadata.name ?? ''
  return klusterlet.spec?.namespace || DEFAULT_AGENT_NAMESPACE
}

/** The Deployments of the agents; one, where they run as one. */
export function agentDeploymentsOf({
  metadata: { name = KLUSTERLET },
  spec,
}: Klusterlet): readonly [string, string] | readonly [string] {
  return spec?.deployOption?.mode?.startsWith('Singleton')
    ? [`${name}-agent`]
    : [`${name}-registration-agent`, `${name}-work-agent`]
}

/** Whether the agents run on another cluster than the one that they are for. */
export function isHosted({ spec }: Klusterlet): boolean {
  return spec?.deployOption?.mode?.endsWith('Hosted') ?? false
}
