import type { CertificateSigningRequest, SigningRequestCondition } from '../../apis/certificates/v1.ts'

export function hasCondition(
  { status }: CertificateSigningRequest,
  ...types: readonly SigningRequestCondition['type'][]
): boolean {
  return (status?.conditions ?? []).some((each) => types.includes(each.type) && each.status === 'True')
}

export function isIssued({ status }: CertificateSigningRequest): boolean {
  return Boolean(status?.certificate)
}

export function requestPem({ spec }: CertificateSigningRequest): string {
  return Buffer.from(spec.request, 'base64').toString()
}

export function withCondition(
  request: CertificateSigningRequest,
  condition: SigningRequestCondition,
): CertificateSigningRequest {
  const conditions = [...(request.status?.conditions ?? []), condition]
  return { ...request, status: { ...request.status, conditions } }
}
