import type { Klusterlet } from '../../apis/operator/v1.ts'
import { agentNamespaceOf, nameOf } from './names.ts'

/** Klusterlets beside this one that have their agents in the namespace, and are to keep them. The original does not ask. */
export function othersIn(
  namespace: string,
  klusterlet: Klusterlet,
  klusterlets: readonly Klusterlet[],
): readonly Klusterlet[] {
  return klusterlets
    .filter((each) => nameOf(each) !== nameOf(klusterlet) && !each.metadata.deletionTimestamp)
    .filter((each) => agentNamespaceOf(each) === namespace)
}
