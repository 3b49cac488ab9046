import { PLACEMENT_LABEL } from '../../apis/cluster/constants.ts'
import { PLACEMENT_DECISIONS, PLACEMENTS, type PlacementDecision } from '../../apis/cluster/v1beta1.ts'
import { MANIFEST_WORKS } from '../../apis/work/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import { isNotFound } from '../../kube/client.ts'
import { CommandError } from '../failure.ts'
import type { Session } from '../session.ts'

export interface PlacementKey {
  readonly namespace: string
  readonly name: string
}

/** Reads `<namespace>/<name>`. Throws a CommandError. */
export function placementKey(text: string): PlacementKey {
  const [namespace = '', name = '', ...rest] = text.split('/')
  if (namespace === '' || name === '' || rest.length > 0) {
    throw new CommandError(`the name of the placement ${text} must be in the format of <namespace>/<name>`)
  }
  return { namespace, name }
}

/** Rejects with a CommandError when there is no such placement. */
export async function requirePlacement({ cluster, signal }: Session, key: PlacementKey): Promise<void> {
  try {
    await cluster.resource(PLACEMENTS).get(key, { signal })
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw new CommandError(`failed to get placement ${errorMessage(error)}`, { cause: error })
  }
}

/** The clusters that a placement has selected, and those that have the work although they are not selected (any more). */
export async function placedClusters(
  { cluster, signal }: Session,
  { namespace, name }: PlacementKey,
  work: string,
): Promise<{ readonly selected: readonly string[]; readonly others: readonly string[] }> {
  const [decisions, works] = await Promise.all([
    cluster
      .resource<PlacementDecision>(PLACEMENT_DECISIONS)
      .listAll({ namespace, labelSelector: `${PLACEMENT_LABEL}=${name}`, signal }),
    cluster.resource(MANIFEST_WORKS).listAll({ fieldSelector: `metadata.name=${work}`, signal }),
  ])
  const selected = new Set(
    decisions.items.flatMap(({ status }) => (status?.decisions ?? []).map(({ clusterName }) => clusterName)),
  )
  const having = works.items.map(({ metadata }) => metadata.namespace ?? '')
  return { selected: [...selected].sort(), others: having.filter((each) => !selected.has(each)).sort() }
}
