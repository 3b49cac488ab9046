import type { CertificateSigningRequest } from '../../../apis/certificates/v1.ts'
import {
  CertificateRequestError,
  parseCertificateRequest,
  parsePemBlocks,
  type Subject,
} from '../../../pki/index.ts'

/** Whom the certificate is to name; undefined for what is no request. The first block counts, as it does for signers. */
export async function requestedSubject({ spec }: CertificateSigningRequest): Promise<Subject | undefined> {
  const pem = Buffer.from(spec.request, 'base64').toString('latin1')
  if (parsePemBlocks(pem)[0]?.label !== 'CERTIFICATE REQUEST') return undefined
  try {
    return (await parseCertificateRequest(pem)).subject
  } catch (error) {
    if (error instanceof CertificateRequestError) return undefined
    throw error
  }
}
