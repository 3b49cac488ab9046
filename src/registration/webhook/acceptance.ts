import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { PatchOperation } from '../../kube/webhook/index.ts'

/** Says that a cluster is not accepted as long as nobody says so: tables, and scripts that compare, want to read `false`. */
export function sayWhetherAccepted({ spec }: ManagedCluster): readonly PatchOperation[] {
  if (typeof spec?.hubAcceptsClient === 'boolean') return []
  if (!spec) return [{ op: 'add', path: '/spec', value: { hubAcceptsClient: false } }]
  return [{ op: 'add', path: '/spec/hubAcceptsClient', value: false }]
}
