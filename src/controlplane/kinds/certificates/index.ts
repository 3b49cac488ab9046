import { timestamp } from '../../registry/index.ts'
import { selectableFields } from '../../selectors/index.ts'
import { type KindEntry, KindTable, statusStrategy, strategyWithStatus } from '../strategy/index.ts'
import { timed, withOldApprovals } from './conditions.ts'
import { csrErrors, csrUpdateErrors } from './csr-validation.ts'
import type { SigningRequest } from './signing-request.ts'

export { requestProblem } from './request-problem.ts'
export { signerNameErrors } from './signer-name.ts'
export { withRequester } from './signing-request.ts'

/** What a request asks for is not changed after it has been created (kubernetes, registry/certificates/certificates). */
const CSR_STRATEGY = strategyWithStatus({
  validateName: () => [],
  prepareForUpdate: (csr, old) => ({ ...csr, spec: old.spec }),
  validate: (csr) => csrErrors(csr as SigningRequest),
  validateUpdate: (csr, old) => csrUpdateErrors(csr as SigningRequest, old as SigningRequest),
})

/** `now` stamps conditions whose writers do not. In milliseconds. */
export function certificatesKinds(now: () => number): readonly KindEntry[] {
  const status = statusStrategy(CSR_STRATEGY, {
    prepareForUpdate: (submitted, before) => {
      const old = before as SigningRequest
      const csr = withOldApprovals(submitted as SigningRequest, old)
      const conditions = timed(csr, old, timestamp(now()))
      return { ...csr, spec: old.spec, status: { ...csr.status, conditions } }
    },
    validateUpdate: (csr, old) =>
      csrUpdateErrors(csr as SigningRequest, old as SigningRequest, { certificate: true }),
  })
  const approval = statusStrategy(CSR_STRATEGY, {
    prepareForUpdate: (submitted, before) => {
      const old = before as SigningRequest
      const conditions = timed(submitted as SigningRequest, old, timestamp(now()))
      return { ...submitted, spec: old.spec, status: { ...old.status, conditions } }
    },
    validateUpdate: (csr, old) =>
      csrUpdateErrors(csr as SigningRequest, old as SigningRequest, { approvals: true }),
  })
  return [
    new KindTable('certificates.k8s.io').clusterScoped(
      'certificatesigningrequests',
      'CertificateSigningRequest',
      CSR_STRATEGY,
      {
        subresources: { status, approval },
        selectableFields: selectableFields(['metadata.name', 'spec.signerName']),
      },
    ),
  ]
}
