import type { ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import type { CertificateSigningRequest } from '../../../apis/certificates/v1.ts'
import { CLUSTER_NAME_LABEL } from '../../../apis/cluster/constants.ts'
import { ADD_ON_NAME_LABEL, addOnGroup } from '../../addon-identity.ts'
import { KUBE_CLIENT_SIGNER_NAME, parseClusterUser } from '../../cluster-identity.ts'
import { requestedSubject } from '../signing-requests/requested-subject.ts'

/** Older agents name it. Everybody whom the API server knows is in it anyway. */
const AUTHENTICATED = 'system:authenticated'

/** Which add-on a signing request is of, by its labels. */
export function addOnKeyOf({
  metadata: { labels },
}: CertificateSigningRequest): { namespace: string; name: string } | undefined {
  const [namespace, name] = [labels?.[CLUSTER_NAME_LABEL], labels?.[ADD_ON_NAME_LABEL]]
  return namespace && name ? { namespace, name } : undefined
}

/**
 * Whether an agent of the add-on's own cluster asks for the identity that add-ons have by default, and that the add-on's manager has registered.
 * Stricter than the addon-framework's default approver: no third group but `system:authenticated`, and the requester is compared as a whole.
 */
export async function isDefaultAddOnRequest(
  request: CertificateSigningRequest,
  addOn: ManagedClusterAddOn,
): Promise<boolean> {
  const { namespace: cluster = '', name = '' } = addOn.metadata
  const { signerName, username = '' } = request.spec
  if (signerName !== KUBE_CLIENT_SIGNER_NAME) return false
  if (parseClusterUser(username)?.clusterName !== cluster) return false
  const subject = await requestedSubject(request)
  if (!subject) return false
  const groups = new Set(subject.organizations)
  groups.delete(AUTHENTICATED)
  const expected = [addOnGroup(cluster, name), `system:open-cluster-management:addon:${name}`]
  if (groups.size !== expected.length || !expected.every((group) => groups.has(group))) return false
  return isAgentOf(cluster, name, subject.commonName) && isRegistered(addOn, subject.commonName)
}

function isAgentOf(cluster: string, addOn: string, user: string): boolean {
  const prefix = `${addOnGroup(cluster, addOn)}:agent:`
  return user.startsWith(prefix) && /^[^:]+$/.test(user.slice(prefix.length))
}

function isRegistered({ status }: ManagedClusterAddOn, user: string): boolean {
  return (status?.registrations ?? []).some(
    ({ signerName, subject }) => signerName === KUBE_CLIENT_SIGNER_NAME && subject?.user === user,
  )
}
