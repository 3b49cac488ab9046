import type { Klusterlet } from '../../apis/operator/v1.ts'
import { isHosted, klusterletNamespaceOf } from './names.ts'

/**
 * The Klusterlet in the mode in which its agents were deployed: somebody may have set it to Hosted since. A hosted one's agents are in a
 * namespace of its own name. Undefined where nothing was deployed.
 */
export function asInstalled(klusterlet: Klusterlet): Klusterlet | undefined {
  if (!isHosted(klusterlet)) return klusterlet
  const namespaces = (klusterlet.status?.relatedResources ?? [])
    .filter(({ resource }) => resource === 'deployments')
    .map(({ namespace }) => namespace)
  if (namespaces.length === 0) return undefined
  if (!namespaces.includes(klusterletNamespaceOf(klusterlet))) return klusterlet
  return { ...klusterlet, spec: { ...klusterlet.spec, deployOption: { mode: 'Default' } } }
}
