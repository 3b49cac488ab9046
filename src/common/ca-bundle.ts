import { X509Certificate } from 'node:crypto'
import { AppError } from './errors.ts'

const PEM_BLOCK = /-----BEGIN ([^\n-]+)-----\r?\n((?:(?!-----BEGIN)[\s\S])*?)-----END \1-----/g
const BASE64 = /^[A-Za-z\d+/]+={0,2}$/

/**
 * The certificates of a PEM bundle, as strict as Go's: a certificate that cannot be read refuses the whole bundle, while
 * other blocks, and what is no complete block, are skipped.
 *
 * @throws AppError `ERR_CA_BUNDLE` that says what is wrong
 */
export function certificatesOfBundle(text: string): X509Certificate[] {
  const certificates: X509Certificate[] = []
  for (const [, label, body = ''] of text.matchAll(PEM_BLOCK)) {
    const base64 = body.replace(/\s/g, '')
    const isPem = BASE64.test(base64) && base64.length % 4 === 0 // not so with headers: a block with them is skipped, too
    if (label !== 'CERTIFICATE' || !isPem) continue
    try {
      certificates.push(new X509Certificate(Buffer.from(base64, 'base64')))
    } catch (error) {
      throw bundleError(`its certificate ${certificates.length + 1} cannot be read`, { cause: error })
    }
  }
  if (certificates.length === 0) throw bundleError('it holds no certificate')
  return certificates
}

function bundleError(message: string, options?: ErrorOptions): AppError {
  return new AppError('ERR_CA_BUNDLE', message, options)
}
