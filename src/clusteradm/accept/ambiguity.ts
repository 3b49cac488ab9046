import { type Candidate, stateOf } from './csr-requesters.ts'

/**
 * That several agents claim a cluster, which the original does not tell apart either; and how to get on, for most often there is one
 * cluster, whose agent has lost its identity or was installed anew, and asks under a new name.
 */
export function ambiguity(
  clusterName: string,
  requesters: readonly string[],
  candidates: readonly Candidate[],
): string {
  const byAge = candidates.toSorted((one, other) => (madeAt(one) < madeAt(other) ? -1 : 1))
  const newest = byAge.at(-1)
  const isPending = newest !== undefined && stateOf(newest.csr) === 'pending'
  return [
    `There are CSRs of different requesters: ${requesters.join(',')}, approve is skipped please specify the certain requesters with --requesters or set --skip-approve-check if all CSRs need to be approved`,
    ...byAge.map(
      (each) =>
        `  ${each.csr.metadata.name}: ${stateOf(each.csr)}, made ${madeAt(each)}, by ${each.requester}`,
    ),
    ...(isPending
      ? [
          `If the agent of ${clusterName} was installed anew, or has lost its identity, the last one is its request: clusteradm accept --clusters ${clusterName} --requesters ${newest.requester}`,
        ]
      : []),
  ].join('\n')
}

function madeAt({ csr }: Candidate): string {
  return csr.metadata.creationTimestamp ?? ''
}
