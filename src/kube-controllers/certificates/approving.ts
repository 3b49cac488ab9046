import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS, SUBJECT_ACCESS_REVIEWS } from '../../apis/resources.ts'
import { type Controller, isConflict, isNotFound, type KubeClient } from '../../kube/index.ts'
import { CertificateRequestError, parseCertificateRequest } from '../../pki/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { kubeletClientProblem } from './signer-rules.ts'
import { hasCondition, isIssued, requestPem, withCondition } from './signing-request.ts'

const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet'

interface Right {
  readonly subresource: 'selfnodeclient' | 'nodeclient'
  readonly message: string
}

/** Of a kubelet that renews its own certificate, and of whoever asks for a kubelet. */
const SELF: Right = {
  subresource: 'selfnodeclient',
  message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
}
const ANY: Right = {
  subresource: 'nodeclient',
  message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
}

interface SubjectAccessReview extends KubeObject {
  readonly spec: object
  readonly status?: { readonly allowed?: boolean }
}

/**
 * Approves the certificates of kubelets, if who asks has the right to (kube-controller-manager's
 * `certificatesigningrequest-approving-controller`).
 */
export function addApprovingController({ manager, client }: ControllerContext): Controller {
  const informer = manager.informers.for<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
  const requests = client.resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
  return manager
    .controller({
      name: 'certificate-approving',
      async reconcile({ name }, { signal, log }) {
        const request = informer.store.get({ name })
        if (!request || isIssued(request) || hasCondition(request, 'Approved', 'Denied')) return
        const rights = await rightsFor(request)
        for (const { subresource, message } of rights) {
          if (!(await isAllowed(client, request, subresource, signal))) continue
          const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message } as const
          await requests
            .update(withCondition(request, condition), { subresource: 'approval', signal })
            .catch((error) => {
              if (!isNotFound(error) && !isConflict(error)) throw error // an event makes us look again
            })
          return
        }
        if (rights.length > 0) log.info('a kubelet has no right to a certificate by itself')
      },
    })
    .watch(informer, { predicates: [{ onDelete: () => false }] })
}

/** Which of them would do; none where it is no request of a kubelet. */
async function rightsFor(request: CertificateSigningRequest): Promise<readonly Right[]> {
  const { signerName, username, usages = [] } = request.spec
  if (signerName !== KUBELET_CLIENT) return []
  try {
    const parsed = await parseCertificateRequest(requestPem(request))
    if (kubeletClientProblem(parsed, usages) !== undefined) return []
    return username === parsed.subject.commonName ? [SELF, ANY] : [ANY]
  } catch (error) {
    if (error instanceof CertificateRequestError) return []
    throw error
  }
}

async function isAllowed(
  client: KubeClient,
  { spec: { username, uid, groups, extra } }: CertificateSigningRequest,
  subresource: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { group, plural: resource } = CERTIFICATE_SIGNING_REQUESTS
  const review = await client.resource<SubjectAccessReview>(SUBJECT_ACCESS_REVIEWS).create(
    {
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        user: username,
        ...(uid && { uid }),
        ...(groups && { groups }),
        ...(extra && { extra }),
        resourceAttributes: { group, resource, subresource, verb: 'create' },
      },
    },
    { signal },
  )
  return review.status?.allowed === true
}
