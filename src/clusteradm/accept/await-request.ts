import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import { CLUSTER_NAME_LABEL, JOINED_CONDITION } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from '../../apis/resources.ts'
import { isConditionTrue } from '../../kube/client.ts'
import type { Session } from '../session.ts'
import { awaitObjects, expected } from '../waiting/await-objects.ts'
import type { ApproveOptions } from './approve-csrs.ts'
import { asksForNoCertificate, isFromBootstrap, stateOf } from './csr-requesters.ts'

/**
 * Waits until a cluster has asked to join: its ManagedCluster and a CSR that can be approved are there. One that has joined already,
 * or has an identity of the cloud, has nothing to ask for.
 */
export async function awaitRequest(
  session: Session,
  name: string,
  { skipApproveCheck }: Pick<ApproveOptions, 'skipApproveCheck'>,
): Promise<void> {
  const { cluster, signal, timeoutMs } = session
  let needsCsr = true
  const managedCluster = expected<ManagedCluster>({
    cluster,
    resource: MANAGED_CLUSTERS,
    selection: { fieldSelector: `metadata.name=${name}` },
    missing: ([found]) => {
      if (!found) return `there is no ManagedCluster ${name} yet; has "clusteradm join" been run for it?`
      needsCsr = !asksForNoCertificate(found) && !isConditionTrue(found.status?.conditions, JOINED_CONDITION)
      return undefined
    },
  })
  const csr = expected<CertificateSigningRequest>({
    cluster,
    resource: CERTIFICATE_SIGNING_REQUESTS,
    selection: { labelSelector: `${CLUSTER_NAME_LABEL}=${name}` },
    missing: (found) => {
      if (!needsCsr) return undefined
      const usable = found.filter((each) => skipApproveCheck || isFromBootstrap(each))
      if (usable.some((each) => stateOf(each) !== 'denied')) return undefined
      return `no CSR to approve for cluster ${name}`
    },
  })
  const wait = {
    text: `Waiting for cluster ${name} to ask to join...`,
    done: `Cluster ${name} has asked to join.`,
  }
  await session.progress.during(wait, (report) =>
    awaitObjects({ what: `cluster ${name} to ask to join`, timeoutMs, signal, report }, [
      managedCluster,
      csr,
    ]),
  )
}
