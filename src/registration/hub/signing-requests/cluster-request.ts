import type { CertificateSigningRequest } from '../../../apis/certificates/v1.ts'
import { CLUSTER_NAME_LABEL } from '../../../apis/cluster/constants.ts'
import {
  clusterGroup,
  KUBE_CLIENT_SIGNER_NAME,
  MANAGED_CLUSTERS_GROUP,
  parseClusterUser,
} from '../../cluster-identity.ts'
import { requestedSubject } from './requested-subject.ts'

/** A signing request that is a managed cluster's. Whether it deserves what it asks for is yet to be found out. */
export interface ClusterRequest {
  readonly clusterName: string
  /** Whom the certificate will make its owner. */
  readonly user: string
}

/**
 * What a signing request asks for, if that is exactly the identity of an agent of the cluster that its label names: one more group, or a
 * name that only begins like a cluster's, and it is none.
 */
export async function clusterRequestOf(
  request: CertificateSigningRequest,
): Promise<ClusterRequest | undefined> {
  const clusterName = request.metadata.labels?.[CLUSTER_NAME_LABEL]
  if (!clusterName || request.spec.signerName !== KUBE_CLIENT_SIGNER_NAME) return undefined
  const subject = await requestedSubject(request)
  if (!subject) return undefined
  const groups = new Set(subject.organizations)
  groups.delete(MANAGED_CLUSTERS_GROUP) // which older agents do not name
  if (groups.size !== 1 || !groups.has(clusterGroup(clusterName))) return undefined
  if (parseClusterUser(subject.commonName)?.clusterName !== clusterName) return undefined
  return { clusterName, user: subject.commonName }
}
