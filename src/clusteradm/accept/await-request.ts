import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import { CLUSTER_NAME_LABEL, JOINED_CONDITION } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from '../../apis/resources.ts'
import { isConditionTrue } from '../../kube/client.ts'
import type { Session } from '../session.ts'
import { awaitObjects } from '../waiting/await-objects.ts'

/** Waits until a cluster has asked to join: its ManagedCluster and its CSR are there, or it is accepted and joined already. */
export async function awaitRequest(session: Session, name: string): Promise<void> {
  const { cluster, signal } = session
  const common = { cluster, signal }
  const deadline = cluster.clock.monotonic() + session.timeoutMs
  const timeLeft = () => Math.max(1, deadline - cluster.clock.monotonic())
  const wait = {
    text: `Waiting for cluster ${name} to ask to join...`,
    done: `Cluster ${name} has asked to join.`,
  }
  await session.progress.during(wait, async (report) => {
    const [managed] = await awaitObjects<ManagedCluster>({
      ...common,
      resource: MANAGED_CLUSTERS,
      selection: { fieldSelector: `metadata.name=${name}` },
      what: `the ManagedCluster ${name}`,
      timeoutMs: timeLeft(),
      isDone: (found) => found.length > 0,
      statusOf: () => `there is no ManagedCluster ${name} yet; has "clusteradm join" been run for it?`,
      report,
    })
    if (isConditionTrue(managed?.status?.conditions, JOINED_CONDITION)) return
    await awaitObjects<CertificateSigningRequest>({
      ...common,
      resource: CERTIFICATE_SIGNING_REQUESTS,
      selection: { labelSelector: `${CLUSTER_NAME_LABEL}=${name}` },
      what: `a CSR of cluster ${name}`,
      timeoutMs: timeLeft(),
      isDone: (found) => found.length > 0,
      statusOf: () => `no CSR to approve for cluster ${name}`,
      report,
    })
  })
}
