import type { CertificateSigningRequest } from '../../../apis/certificates/v1.ts'
import { HUB_ACCEPTED_CONDITION } from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import { type Controller, isConditionTrue } from '../../../kube/index.ts'
import { mayAccess } from '../../../kube/webhook/access-review.ts'
import { ADD_ON_NAME_LABEL } from '../../addon-identity.ts'
import { REGISTER_GROUP } from '../../role-names.ts'
import { clusterController, type HubContext } from '../hub-context.ts'
import { BY_CLUSTER } from '../hub-informers.ts'
import { approve, isDecided } from './approval.ts'
import { type ClusterRequest, clusterRequestOf } from './cluster-request.ts'

const MESSAGE = 'Auto approving Managed cluster agent certificate after SubjectAccessReview.'

const RENEW = {
  group: REGISTER_GROUP,
  resource: 'managedclusters',
  subresource: 'clientcertificates',
  verb: 'renew',
} as const

/**
 * Approves certificates of agents: of one that has such a certificate already and renews it, and with the gate
 * ManagedClusterAutoApproval of those who are trusted to ask for a first one. Everything else is left to people.
 */
export function addApprovingController(context: HubContext): Controller {
  const { client, informers, options } = context
  const { signingRequests, clusters } = informers
  const trusted = new Set(options.gates.ManagedClusterAutoApproval ? options.autoApprovedUsers : [])
  return clusterController(context, 'csr-approving', async ({ name }, { signal, log }) => {
    const request = signingRequests.store.get(name)
    if (!request || isDecided(request) || ADD_ON_NAME_LABEL in (request.metadata.labels ?? {})) return
    const asked = await clusterRequestOf(request)
    if (!asked) {
      log.debug({ requester: request.spec.username }, 'signing request is none of a managed cluster')
      return
    }
    if (!(await deserves(request, asked, signal))) return
    if (await approve(client, request, MESSAGE, signal))
      log.info({ cluster: asked.clusterName, requester: request.spec.username }, 'signing request approved')
  })
    .watch(signingRequests, { predicates: [{ onDelete: () => false }] })
    .watch(clusters, {
      // A request may have come before the cluster was accepted, and with that its agent's right to renew.
      map: ({ metadata }) => signingRequests.store.byIndex(BY_CLUSTER, metadata.name ?? '').map(keyOfRequest),
      predicates: [{ onAdd: () => false, onUpdate: hasBecomeAccepted, onDelete: () => false }],
    })

  async function deserves(
    { spec }: CertificateSigningRequest,
    { user }: ClusterRequest,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { username = '', uid = '', groups = [], extra = {} } = spec
    if (username === user) return mayAccess(client, { username, uid, groups, extra }, RENEW, signal)
    return trusted.has(username)
  }
}

const keyOfRequest = ({ metadata }: CertificateSigningRequest) => ({ name: metadata.name ?? '' })

function hasBecomeAccepted(previous: ManagedCluster, cluster: ManagedCluster): boolean {
  const isAccepted = ({ status }: ManagedCluster) =>
    isConditionTrue(status?.conditions, HUB_ACCEPTED_CONDITION)
  return !isAccepted(previous) && isAccepted(cluster)
}
