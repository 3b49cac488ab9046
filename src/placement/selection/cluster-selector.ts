import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { ClusterSelector, GroupClusterSelector } from '../../apis/cluster/v1beta1.ts'
import type { LabelSelector } from '../../apis/meta/v1.ts'
import { selects } from '../../kube/index.ts'
import { MisconfiguredError } from '../plugin-status.ts'
import { CelSelector, type FindScores } from './cel-selector.ts'

const WITH_VALUES: ReadonlySet<string> = new Set(['In', 'NotIn'])
const WITHOUT_VALUES: ReadonlySet<string> = new Set(['Exists', 'DoesNotExist'])

export type ClusterMatcher = (cluster: ManagedCluster) => boolean

/**
 * Clusters by labels, by claims and by expressions, all of which must agree.
 *
 * @throws MisconfiguredError
 */
export function clusterMatcher(
  selector: ClusterSelector,
  scores: FindScores,
  plugin: string,
): ClusterMatcher {
  const byGroup = groupMatcher(selector, plugin)
  const cel = new CelSelector(selector.celSelector?.celExpressions ?? [], scores, plugin)
  return (cluster) => byGroup(cluster) && cel.matches(cluster)
}

/** @throws MisconfiguredError */
export function groupMatcher(
  { labelSelector, claimSelector }: GroupClusterSelector,
  plugin: string,
): ClusterMatcher {
  const labels = verified((labelSelector ?? {}) as LabelSelector, plugin)
  const claims = verified(
    { matchExpressions: claimSelector?.matchExpressions ?? [] } as LabelSelector,
    plugin,
  )
  return ({ metadata, status }) =>
    selects(labels, metadata.labels ?? {}) && selects(claims, claimsOf(status?.clusterClaims ?? []))
}

function claimsOf(claims: readonly { readonly name?: string; readonly value?: string }[]) {
  return Object.fromEntries(claims.map(({ name = '', value = '' }) => [name, value]))
}

/** The schema lets operators pass that do not exist. */
function verified(selector: LabelSelector, plugin: string): LabelSelector {
  for (const { operator, values: given } of selector.matchExpressions ?? []) {
    const values = given ?? []
    if (!WITH_VALUES.has(operator) && !WITHOUT_VALUES.has(operator))
      throw new MisconfiguredError(plugin, `"${operator}" is not a valid label selector operator`)
    if (WITH_VALUES.has(operator) && values.length === 0)
      throw new MisconfiguredError(
        plugin,
        "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
      )
    if (WITHOUT_VALUES.has(operator) && values.length > 0)
      throw new MisconfiguredError(
        plugin,
        `values: Invalid value: ${JSON.stringify(values)}: values set must be empty for exists and does not exist`,
      )
  }
  return selector
}
