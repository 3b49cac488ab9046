import { AppError } from '../common/errors.ts'

/** A certificate signing request that must not be signed: unreadable, tampered with, or asking for nothing. */
export class CertificateRequestError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_CERTIFICATE_REQUEST', message, options)
  }
}

/** The certificate authority cannot issue now: it has expired, or the requested validity would end before it begins. */
export class CertificateAuthorityError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_CERTIFICATE_AUTHORITY', message, options)
  }
}
