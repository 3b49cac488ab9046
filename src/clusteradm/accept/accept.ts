import { JOINED_CONDITION } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import { boolFlag, listFlag } from '../../common/flags.ts'
import { isConditionTrue, isNotFound } from '../../kube/client.ts'
import { CLUSTER_FLAGS, requiredClusterNames } from '../cluster-flags.ts'
import { requireHub } from '../cluster-kind.ts'
import { ignoreArguments } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { forEachCluster } from '../each-cluster.ts'
import { CommandError } from '../failure.ts'
import type { Session } from '../session.ts'
import { type ApproveOptions, approveCsrs } from './approve-csrs.ts'
import { awaitRequest } from './await-request.ts'
import { asksForNoCertificate } from './csr-requesters.ts'

export const accept = command({
  name: 'accept',
  description:
    'Accepts clusters that want to join the hub: approves the requests of their agents, and says that they may.',
  flags: {
    ...CLUSTER_FLAGS,
    wait: boolFlag(
      false,
      'Wait until the clusters have asked. How they fare once they are accepted is not waited for.',
    ),
    'skip-approve-check': boolFlag(
      false,
      'Approve every request for the clusters, whoever made it. Name the agents with --requesters instead where you can.',
    ),
    requesters: listFlag([], 'Common names of the agents to approve, where several claim one cluster.', {
      placeholder: 'NAMES',
    }),
  },
  run: async (session, { words, flags }) => {
    ignoreArguments(session, words)
    session.announceDryRun()
    const names = requiredClusterNames(flags)
    await requireHub(session.cluster, session.signal)
    await forEachCluster(session, names, async (name) => {
      if (flags.wait) await awaitRequest(session, name, flags)
      return acceptOne(session, name, flags)
    })
  },
})

/** Resolves with what stands in the way; empty when the cluster is accepted, by us or already. */
async function acceptOne(session: Session, name: string, options: ApproveOptions): Promise<string[]> {
  const { cluster, signal } = session
  const clusters = cluster.resource<ManagedCluster>(MANAGED_CLUSTERS)
  const managed = await clusters.find({ name }, { signal })
  if (!managed) {
    return [
      `fail to get managedcluster ${name}: ${MANAGED_CLUSTERS.plural}.${MANAGED_CLUSTERS.group} "${name}" not found`,
      `no csr is approved yet for cluster ${name}`,
    ]
  }
  const wasJoined = managed.spec?.hubAcceptsClient === true && hasJoined(managed)
  const approval = asksForNoCertificate(managed)
    ? ({ kind: 'approved' } as const)
    : await approveCsrs(session, name, options)
  if (approval.kind === 'ambiguous') return [approval.why]
  await setAccepted(session, managed)
  if (approval.kind === 'none' && !wasJoined) {
    return [
      `no csr is approved yet for cluster ${name}: ${approval.why}; run this again when it has, or with --wait`,
    ]
  }
  session.print(
    `\n Your managed cluster ${name} has joined the Hub successfully. Visit https://open-cluster-management.io/scenarios or https://github.com/open-cluster-management-io/OCM/tree/main/solutions for next steps.`,
  )
  return []
}

function hasJoined({ status }: ManagedCluster): boolean {
  return isConditionTrue(status?.conditions, JOINED_CONDITION)
}

async function setAccepted(
  { cluster, signal, dryRun, print }: Session,
  managed: ManagedCluster,
): Promise<void> {
  const { name = '' } = managed.metadata
  if (managed.spec?.hubAcceptsClient) return print(`hubAcceptsClient already set for managed cluster ${name}`)
  if (dryRun) return print(`hubAcceptsClient would be set for managed cluster ${name}`)
  try {
    await cluster
      .resource(MANAGED_CLUSTERS)
      .patch({ name }, { type: 'merge', body: { spec: { hubAcceptsClient: true } } }, { signal })
  } catch (error) {
    if (isNotFound(error))
      throw new CommandError(`managedclusters "${name}" was deleted meanwhile`, { cause: error })
    throw error
  }
  print(`set hubAcceptsClient to true for managed cluster ${name}`)
}
