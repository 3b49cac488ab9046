import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import { AGENT_ANNOTATION_PREFIX } from '../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import { AppError } from '../../common/errors.ts'
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

/** Users and groups of agents begin like this (ocm, pkg/registration/register). */
const IDENTITY_PREFIX = 'system:open-cluster-management:'
const MANAGED_CLUSTERS = `${IDENTITY_PREFIX}managed-clusters`

/** Of the API server, and of the hub's gRPC server: others would make something else of the name. */
const SIGNERS = ['kubernetes.io/kube-apiserver-client', 'open-cluster-management.io/grpc']

const EKS_ANNOTATION = `${AGENT_ANNOTATION_PREFIX}/managed-cluster-arn`

/** Whether a cluster's agent has an identity of the cloud. */
export function asksForNoCertificate({ metadata }: ManagedCluster): boolean {
  return Object.hasOwn(metadata.annotations ?? {}, EKS_ANNOTATION)
}

/** A request that may be approved. */
export interface Candidate {
  readonly csr: CertificateSigningRequest
  /** The common name that it asks for. Undefined where nobody looks at it. */
  readonly requester?: string
}

/** Whether a request was made with the hub's bootstrap credentials. */
export function isFromBootstrap({ spec }: CertificateSigningRequest): boolean {
  const { username = '', groups = [] } = spec
  const isKnown = username.startsWith(BOOTSTRAP_TOKEN_USER) || SERVICE_ACCOUNTS.includes(username)
  return isKnown && GROUPS.some((group) => groups.includes(group))
}

/**
 * The common name that a request asks for: that of an agent of the cluster. Rejects with a CertificateRequestError, and with an AppError
 * where it asks another signer, or for anybody else's identity, which whoever has bootstrap credentials can put under a cluster's label.
 */
export async function requestedAgent(
  { spec }: CertificateSigningRequest,
  clusterName: string,
): Promise<string> {
  if (!SIGNERS.includes(spec.signerName)) {
    throw new AppError(
      'ERR_FOREIGN_SIGNER',
      `it is for the signer ${JSON.stringify(spec.signerName)}, which signs no identities of agents`,
    )
  }
  const { subject } = await parseCertificateRequest(Buffer.from(spec.request, 'base64').toString())
  const { commonName, organizations = [] } = subject
  const group = `${IDENTITY_PREFIX}${clusterName}`
  const agentName = commonName.startsWith(`${group}:`) ? commonName.slice(group.length + 1) : ''
  const isAgent = agentName !== '' && !agentName.includes(':')
  if (isAgent && organizations.every((each) => each === group || each === MANAGED_CLUSTERS)) return commonName
  throw new AppError(
    'ERR_FOREIGN_IDENTITY',
    `it asks to be ${[commonName, ...organizations].map((each) => JSON.stringify(each)).join(', ')}, which is no agent of the cluster ${clusterName}`,
  )
}

export type CsrState = 'pending' | 'approved' | 'denied'

export function stateOf({ status }: CertificateSigningRequest): CsrState {
  const types = (status?.conditions ?? []).map(({ type }) => type)
  if (types.includes('Denied')) return 'denied'
  return types.includes('Approved') ? 'approved' : 'pending'
}
