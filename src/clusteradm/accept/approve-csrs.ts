import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import { CLUSTER_NAME_LABEL } from '../../apis/cluster/constants.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from '../../apis/resources.ts'
import { errorMessage } from '../../common/errors.ts'
import { retryOnConflict, timeText } from '../../kube/client.ts'
import { sorted } from '../output/print-list.ts'
import type { Session } from '../session.ts'
import { ambiguity } from './ambiguity.ts'
import { type Candidate, isFromBootstrap, requestedAgent, stateOf } from './csr-requesters.ts'

export interface ApproveOptions {
  /** Common names of the agents to approve, where there are several. */
  readonly requesters: readonly string[]
  /** Approves every request for the cluster, whoever made it. */
  readonly skipApproveCheck: boolean
}

/** What there was to approve for a cluster, and what became of it. */
export type Approval =
  | { readonly kind: 'approved' }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'ambiguous'; readonly why: string }

/** Approves the requests of a cluster's agent. Several agents that claim the same cluster are left to the user to choose from. */
export async function approveCsrs(
  session: Session,
  name: string,
  options: ApproveOptions,
): Promise<Approval> {
  const { cluster, signal } = session
  const { items } = await cluster
    .resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
    .listAll({ labelSelector: `${CLUSTER_NAME_LABEL} = ${name}`, signal })
  const all = sorted(items)
  const candidates = options.skipApproveCheck
    ? all.map((csr) => ({ csr }))
    : await checked(session, name, all)
  const requesters = requestersOf(candidates)
  if (requesters.length > 1 && options.requesters.length === 0) {
    return { kind: 'ambiguous', why: ambiguity(name, requesters, candidates) }
  }
  // One alone is always approved, as in the original: there is nobody to confuse it with.
  const chosen = requesters.length > 1 ? choose(session, candidates, options.requesters) : candidates

  let isApproved = false
  const pending: CertificateSigningRequest[] = []
  for (const { csr } of chosen) {
    const state = stateOf(csr)
    if (state === 'pending') pending.push(csr)
    else session.print(`CSR ${csr.metadata.name} already ${state}`)
    if (state === 'approved') isApproved = true
  }
  if (pending.length > 0 && session.dryRun) {
    for (const csr of pending) session.print(`CSR ${csr.metadata.name} would be approved`)
    return { kind: 'approved' }
  }
  if (pending.length > 0) session.print(`Starting approve csrs for the cluster ${name}`)
  for (const csr of pending) {
    await approve(session, csr.metadata.name ?? '')
    session.print(`CSR ${csr.metadata.name} approved`)
    isApproved = true
  }
  return isApproved ? { kind: 'approved' } : { kind: 'none', why: whyNone(all, candidates, chosen) }
}

/** Those that were made with bootstrap credentials and ask for the identity of an agent of the cluster, and of which. */
async function checked(
  session: Session,
  clusterName: string,
  csrs: readonly CertificateSigningRequest[],
): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  for (const csr of csrs.filter(isFromBootstrap)) {
    try {
      candidates.push({ csr, requester: await requestedAgent(csr, clusterName) })
    } catch (error) {
      session.warn(`csr ${csr.metadata.name} is not valid: ${errorMessage(error)}`)
    }
  }
  return candidates
}

function requestersOf(candidates: readonly Candidate[]): string[] {
  return [...new Set(candidates.flatMap(({ requester }) => requester ?? []))].sort()
}

function choose(session: Session, candidates: readonly Candidate[], wanted: readonly string[]): Candidate[] {
  return candidates.filter(({ csr, requester = '' }) => {
    if (wanted.includes(requester)) return true
    session.print(`CSR ${csr.metadata.name} with requester ${requester} is not in the approve list`)
    return false
  })
}

async function approve({ cluster, signal }: Session, name: string): Promise<void> {
  const csrs = cluster.resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
  await retryOnConflict(async () => {
    const csr = await csrs.get({ name }, { signal })
    if (stateOf(csr) !== 'pending') return csr
    const condition = {
      type: 'Approved',
      status: 'True',
      reason: 'clusteradm Approve',
      message: 'This CSR was approved by clusteradm certificate approve.',
      lastUpdateTime: timeText(cluster.clock.now()),
    } as const
    const conditions = [...(csr.status?.conditions ?? []), condition]
    return csrs.update({ ...csr, status: { ...csr.status, conditions } }, { subresource: 'approval', signal })
  })
}

function whyNone(
  all: readonly CertificateSigningRequest[],
  candidates: readonly Candidate[],
  chosen: readonly Candidate[],
): string {
  if (all.length === 0) return 'its agent has not asked for a certificate yet'
  if (candidates.length === 0) {
    if (all.some(isFromBootstrap)) return 'none of its CSRs asks for the identity of an agent of the cluster'
    const [first] = all
    return `its CSR ${first?.metadata.name} was made by ${first?.spec.username}, which is no bootstrap identity of this hub; --skip-approve-check approves it all the same`
  }
  if (chosen.length === 0) return 'none of its CSRs is of the agents named by --requesters'
  return 'its CSR was denied'
}
