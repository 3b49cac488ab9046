import type { InstallMode, Klusterlet } from '../../apis/operator/v1.ts'
import { DEFAULT_AGENT_NAMESPACE } from '../../manifests/klusterlet.ts'

/** Add-ons are here, unless they say otherwise; all Klusterlets of a cluster share it. */
export const ADDON_NAMESPACE = 'open-cluster-management-agent-addon'

export function modeOf({ spec }: Klusterlet): InstallMode {
  return spec?.deployOption?.mode ?? 'Default'
}

/** The agents run beside the operator, in another cluster than the one that they manage. */
export function isHosted(klusterlet: Klusterlet): boolean {
  return modeOf(klusterlet) === 'Hosted' || modeOf(klusterlet) === 'SingletonHosted'
}

/** Both agents are one process. */
export function isSingleton(klusterlet: Klusterlet): boolean {
  return modeOf(klusterlet) === 'Singleton' || modeOf(klusterlet) === 'SingletonHosted'
}

/** The namespace on the managed cluster, with what the agents need there. */
export function klusterletNamespaceOf({ spec }: Klusterlet): string {
  return spec?.namespace || DEFAULT_AGENT_NAMESPACE
}

/** Where the agents run: on the managed cluster, unless they are hosted. */
export function agentNamespaceOf(klusterlet: Klusterlet): string {
  return isHosted(klusterlet) ? nameOf(klusterlet) : klusterletNamespaceOf(klusterlet)
}

export function nameOf({ metadata }: Klusterlet): string {
  return metadata.name ?? ''
}

/** One process has one account, which is that of the work agent: whoever makes ManifestWorks has its rights anyway. */
export function serviceAccountsOf(klusterlet: Klusterlet): { registration: string; work: string } {
  const work = `${nameOf(klusterlet)}-work-sa`
  return { registration: isSingleton(klusterlet) ? work : `${nameOf(klusterlet)}-registration-sa`, work }
}

/** Names of the Deployments, those of the mode and those of the other. */
export function deploymentsOf(klusterlet: Klusterlet): {
  registration: string
  work: string
  unwanted: readonly string[]
} {
  const name = nameOf(klusterlet)
  const apart = { registration: `${name}-registration-agent`, work: `${name}-work-agent` }
  const together = `${name}-agent`
  return isSingleton(klusterlet)
    ? { registration: together, work: together, unwanted: [apart.registration, apart.work] }
    : { ...apart, unwanted: [together] }
}
