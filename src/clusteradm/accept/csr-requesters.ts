import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import { parseCertificateRequest } from '../../pki/index.ts'

/** Who may ask for the identity of an agent: those that hold a token of the hub's bootstrap identities. */
const BOOTSTRAP_TOKEN_USER = 'system:bootstrap:'
const SERVICE_ACCOUNTS = [
  'system:serviceaccount:open-cluster-management:agent-registration-bootstrap',
  'system:serviceaccount:open-cluster-management:cluster-bootstrap', // of hubs before OCM 0.13, and of the user documents
  'system:serviceaccount:open-cluster-management-hub:grpc-server-sa',
]
const GROUPS = [
  'system:bootstrappers:managedcluster',
  'system:serviceaccounts:open-cluster-management',
  'system:serviceaccounts:open-cluster-management-hub',
]

/** Whether a request was made with the hub's bootstrap credentials. */
export function isFromBootstrap({ spec }: CertificateSigningRequest): boolean {
  const { username = '', groups = [] } = spec
  const isKnown = username.startsWith(BOOTSTRAP_TOKEN_USER) || SERVICE_ACCOUNTS.includes(username)
  return isKnown && GROUPS.some((group) => groups.includes(group))
}

/** The common name that a request asks for: the agent's. Rejects with a CertificateRequestError. */
export async function requestedName({ spec }: CertificateSigningRequest): Promise<string> {
  const { subject } = await parseCertificateRequest(Buffer.from(spec.request, 'base64').toString())
  return subject.commonName
}

export type CsrState = 'pending' | 'approved' | 'denied'

export function stateOf({ status }: CertificateSigningRequest): CsrState {
  const types = (status?.conditions ?? []).map(({ type }) => type)
  if (types.includes('Denied')) return 'denied'
  return types.includes('Approved') ? 'approved' : 'pending'
}
