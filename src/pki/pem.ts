import { X509Certificate } from 'node:crypto'
import { ConfigError, errorMessage } from '../common/errors.ts'

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END \1-----/g

/** One `-----BEGIN label-----` block. `pem` is the block alone, with LF line ends and a final one. */
export interface PemBlock {
  readonly label: string
  readonly der: Buffer
  readonly pem: string
}

/** All blocks of a bundle, in order. Text around them (comments, `openssl x509 -text`) is skipped, as OpenSSL does. */
export function parsePemBlocks(text: string): PemBlock[] {
  return Array.from(text.matchAll(PEM_BLOCK), ([, label = '', body = '']) => {
    // RFC 1421 headers (`Proc-Type: 4,ENCRYPTED`) end with an empty line; base64 contains no colon.
    const base64 = body
      .split(/\r?\n/)
      .filter((line) => !line.includes(':'))
      .join('')
    const der = Buffer.from(base64, 'base64')
    return { label, der, pem: encodePem(label, der) }
  })
}

export function encodePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/**
 * The certificates of a bundle, each as PEM and each proven to be readable.
 * `source` names the file or field in errors.
 */
export function parseCertificateBundle(text: string, source = 'certificate bundle'): string[] {
  const blocks = parsePemBlocks(text).filter((block) => block.label === 'CERTIFICATE')
  if (blocks.length === 0) {
    throw new ConfigError(
      `${source} holds no certificate: expected at least one "-----BEGIN CERTIFICATE-----" block`,
    )
  }
  return blocks.map((block, index) => {
    parseCertificate(block.pem, `certificate ${index + 1} of ${source}`)
    return block.pem
  })
}

/** The first certificate of `pem`, for reading its fields. */
export function parseCertificate(pem: string, source = 'certificate'): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new ConfigError(`${source} is not a readable PEM certificate: ${errorMessage(cause)}`, { cause })
  }
}
