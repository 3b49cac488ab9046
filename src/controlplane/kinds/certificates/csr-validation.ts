import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../api/field-error.ts'
import { APPROVALS, conditionsOfType, LASTING } from './conditions.ts'
import { chainProblem, requestProblem } from './request-problem.ts'
import { signerNameErrors } from './signer-name.ts'
import { type Condition, conditionsOf, type SigningRequest } from './signing-request.ts'

/** What is wrong with requests for certificates, in Kubernetes' words (kubernetes, apis/certificates/validation). */

const MIN_EXPIRATION_SECONDS = 600
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown'

/** In the order in which the original lists them. */
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

const CONDITIONS = 'status.conditions'
const CERTIFICATE = 'status.certificate'

export function csrErrors(csr: SigningRequest): FieldError[] {
  const { usages = [], signerName, expirationSeconds } = csr.spec
  const request = csr.spec.request ?? ''
  const problem = requestProblem(decoded(request))
  return [
    ...(problem === undefined ? [] : [invalid('spec.request', request, problem)]),
    ...usageErrors(usages),
    ...(signerName === LEGACY_SIGNER
      ? [invalid('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version')]
      : signerNameErrors(signerName, 'spec.signerName')),
    ...(expirationSeconds !== undefined && expirationSeconds < MIN_EXPIRATION_SECONDS
      ? [
          invalid(
            'spec.expirationSeconds',
            expirationSeconds,
            'may not specify a duration less than 600 seconds (10 minutes)',
          ),
        ]
      : []),
    ...conditionErrors(conditionsOf(csr)),
  ]
}

/** Which parts of a status may be written: by signers the certificate, by approvers the approval. */
export interface MayWrite {
  readonly approvals?: boolean
  readonly certificate?: boolean
}

export function csrUpdateErrors(csr: SigningRequest, old: SigningRequest, may: MayWrite = {}): FieldError[] {
  return [
    ...csrErrors(csr),
    ...newChainErrors(csr, old),
    ...LASTING.filter((type) => countOf(csr, type) < countOf(old, type)).map((type) =>
      forbidden(CONDITIONS, `updates may not remove a condition of type ${JSON.stringify(type)}`),
    ),
    ...(may.approvals
      ? []
      : APPROVALS.filter((type) => countOf(csr, type) > countOf(old, type)).map((type) =>
          forbidden(CONDITIONS, `updates may not add a condition of type ${JSON.stringify(type)}`),
        )),
    ...certificateErrors(csr, old, may),
  ]
}

function countOf(csr: SigningRequest, type: string): number {
  return conditionsOfType(csr, type).length
}

function usageErrors(usages: readonly string[]): FieldError[] {
  const field = (index: number) => `spec.usages[${index}]`
  return [
    ...(usages.length === 0 ? [required('spec.usages')] : []),
    ...usages.flatMap((usage, index) =>
      USAGES.includes(usage) ? [] : [notSupported(field(index), usage, USAGES)],
    ),
    ...usages.flatMap((usage, index) =>
      usages.indexOf(usage) < index ? [duplicate(field(index), usage)] : [],
    ),
  ]
}

function conditionErrors(conditions: readonly Condition[]): FieldError[] {
  const seen = new Set<string>()
  return conditions.flatMap(({ type, status }, index) => {
    const field = `${CONDITIONS}[${index}]`
    const errors: FieldError[] = []
    if (type === '') errors.push(required(`${field}.type`))
    const allowed = LASTING.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (status === '') errors.push(required(`${field}.status`))
    else if (!allowed.includes(status)) errors.push(notSupported(`${field}.status`, status, allowed))
    const opposite = APPROVALS.includes(type) && APPROVALS.some((each) => each !== type && seen.has(each))
    if (opposite)
      errors.push(invalid(CONDITIONS, type, 'Approved and Denied conditions are mutually exclusive'))
    if (seen.has(type)) errors.push(duplicate(`${field}.type`, type))
    seen.add(type)
    return errors
  })
}

/** A certificate that was there is not looked at again. */
function newChainErrors(csr: SigningRequest, old: SigningRequest): FieldError[] {
  const { certificate = '' } = csr.status
  if (certificate === (old.status.certificate ?? '')) return []
  const problem = chainProblem(decoded(certificate))
  return problem === undefined ? [] : [invalid(CERTIFICATE, '<certificate data>', problem)]
}

function certificateErrors(csr: SigningRequest, old: SigningRequest, may: MayWrite): FieldError[] {
  const before = old.status.certificate ?? ''
  if ((csr.status.certificate ?? '') === before) return []
  if (!may.certificate) return [forbidden(CERTIFICATE, 'updates may not set certificate content')]
  return before === '' ? [] : [forbidden(CERTIFICATE, 'updates may not modify existing certificate content')]
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1')
}
