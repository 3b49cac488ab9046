import type { CertificateRequest } from '../../pki/index.ts'

const NODES = 'system:nodes'
const NODE_PREFIX = 'system:node:'

const KUBELET_CLIENT_USAGES = ['client auth', 'digital signature', 'key encipherment']
const KUBELET_SERVING_USAGES = ['digital signature', 'key encipherment', 'server auth']

/** RSA keys are for enciphering keys, too; the others cannot. */
const OPTIONAL_USAGE = 'key encipherment'

/** What is wrong with a request, in the words of kubernetes (pkg/apis/certificates); undefined if nothing is. */
export type SignerRule = (request: CertificateRequest, usages: readonly string[]) => string | undefined

/** The signers whose certificates the API server knows, and what they ask of a request. */
export const SIGNER_RULES: ReadonlyMap<string, SignerRule> = new Map<string, SignerRule>([
  ['kubernetes.io/kube-apiserver-client', apiServerClientProblem],
  ['kubernetes.io/kube-apiserver-client-kubelet', kubeletClientProblem],
  ['kubernetes.io/kubelet-serving', kubeletServingProblem],
])

function apiServerClientProblem(_: CertificateRequest, usages: readonly string[]): string | undefined {
  const other = usages.find((usage) => !KUBELET_CLIENT_USAGES.includes(usage))
  if (other !== undefined) return `invalid usage for client certificate: ${other}`
  return usages.includes('client auth')
    ? undefined
    : 'missing required usage for client certificate: client auth'
}

export function kubeletClientProblem(
  { subject, dnsNames, ipAddresses }: CertificateRequest,
  usages: readonly string[],
): string | undefined {
  if (!isOfNodes(subject.organizations)) return 'subject organization is not system:nodes'
  if (dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  return commonNameProblem(subject.commonName) ?? usagesProblem(usages, KUBELET_CLIENT_USAGES)
}

function kubeletServingProblem(
  { subject, dnsNames, ipAddresses }: CertificateRequest,
  usages: readonly string[],
): string | undefined {
  if (!isOfNodes(subject.organizations)) return 'subject organization is not system:nodes'
  if (dnsNames.length + ipAddresses.length === 0) return 'DNS or IP subjectAltName is required'
  return usagesProblem(usages, KUBELET_SERVING_USAGES) ?? commonNameProblem(subject.commonName)
}

function isOfNodes(organizations: readonly string[] = []): boolean {
  return organizations.length === 1 && organizations[0] === NODES
}

function commonNameProblem(commonName: string): string | undefined {
  return commonName.startsWith(NODE_PREFIX)
    ? undefined
    : `subject common name does not begin with ${NODE_PREFIX}`
}

function usagesProblem(usages: readonly string[], required: readonly string[]): string | undefined {
  const given = new Set(usages)
  const isComplete = required.every((usage) => usage === OPTIONAL_USAGE || given.has(usage))
  const isNoMore = usages.every((usage) => required.includes(usage))
  return isComplete && isNoMore ? undefined : `usages did not match [${required.join(' ')}]`
}
