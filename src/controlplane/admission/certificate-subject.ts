import { CertificateRequestError, parseCertificateRequest } from '../../pki/index.ts'
import { isJsonObject } from '../api/json.ts'
import { requestProblem } from '../kinds/certificates/index.ts'
import { forbiddenObject } from '../rbac/index.ts'
import type { AdmissionPlugin } from './admission.ts'
import { requestName } from './request-name.ts'

const GROUP = 'certificates.k8s.io'
const RESOURCE = 'certificatesigningrequests'
const SIGNER = 'kubernetes.io/kube-apiserver-client'
const MASTERS = 'system:masters'

/** Nobody becomes all-powerful by asking for a certificate (kubernetes, plugin/pkg/admission/certificates/subjectrestriction). */
export const CERTIFICATE_SUBJECT: AdmissionPlugin = {
  async validate(request) {
    const { operation, group, resource, subresource, object } = request
    if (operation !== 'CREATE' || group !== GROUP || resource !== RESOURCE || subresource !== '') return
    const { signerName, request: encoded } = isJsonObject(object?.spec) ? object.spec : {}
    if (signerName !== SIGNER) return
    const refusal = (detail: string) => forbiddenObject(request, requestName(request), detail)
    const pem = Buffer.from(String(encoded), 'base64').toString()
    // What is none at all is refused as such later on.
    if (requestProblem(pem) !== undefined) return
    try {
      const { subject } = await parseCertificateRequest(pem)
      if (!subject.organizations?.includes(MASTERS)) return
    } catch (error) {
      if (!(error instanceof CertificateRequestError)) throw error
      throw refusal(`failed to parse CSR: ${error.message}`)
    }
    throw refusal(`use of ${SIGNER} signer with ${MASTERS} group is not allowed`)
  },
}
