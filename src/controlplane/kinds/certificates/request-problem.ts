import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { type DerElement, DerError, derElements } from './der.ts'
import { pemBlocks } from './pem-blocks.ts'

interface SignatureAlgorithm {
  readonly keyType: 'rsa' | 'ec' | 'ed25519'
  readonly hash: string | null
}

/** By object identifier, encoded (RFC 3279, 4055, 5758, 8410). */
const SIGNATURE_ALGORITHMS = new Map<string, SignatureAlgorithm>([
  ['2a864886f70d010105', { keyType: 'rsa', hash: 'sha1' }],
  ['2a864886f70d01010b', { keyType: 'rsa', hash: 'sha256' }],
  ['2a864886f70d01010c', { keyType: 'rsa', hash: 'sha384' }],
  ['2a864886f70d01010d', { keyType: 'rsa', hash: 'sha512' }],
  ['2a8648ce3d0401', { keyType: 'ec', hash: 'sha1' }],
  ['2a8648ce3d040302', { keyType: 'ec', hash: 'sha256' }],
  ['2a8648ce3d040303', { keyType: 'ec', hash: 'sha384' }],
  ['2a8648ce3d040304', { keyType: 'ec', hash: 'sha512' }],
  ['2b6570', { keyType: 'ed25519', hash: null }],
])

const VERIFICATION_FAILURES = {
  rsa: 'crypto/rsa: verification error',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
} as const

/** What is wrong with a PKCS#10 request in PEM, of which its own key must have made the signature; undefined when nothing is. */
export function requestProblem(pem: string): string | undefined {
  const [block] = pemBlocks(pem)
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST'
  try {
    return signatureProblem(block.der)
  } catch (error) {
    if (error instanceof DerError) return error.message
    throw error
  }
}

/** What is wrong with a certificate chain in PEM; undefined when nothing is, or when there is none. */
export function chainProblem(pem: string): string | undefined {
  if (pem === '') return undefined
  const blocks = [...pemBlocks(pem)]
  for (const { type, hasHeaders, der } of blocks) {
    if (type !== 'CERTIFICATE')
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    if (!isCertificate(der)) return 'x509: malformed certificate'
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined
}

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.length > 0
  } catch {
    return false
  }
}

function signatureProblem(der: Buffer): string | undefined {
  const [request] = members(der, 1)
  const [info, algorithm, signature] = members(request.content, 3)
  const [, , key] = members(info.content, 3)
  const [oid] = members(algorithm.content, 1)
  const known = SIGNATURE_ALGORITHMS.get(oid.content.toString('hex'))
  if (!known) return 'x509: cannot verify signature: algorithm unimplemented'
  const publicKey = publicKeyOf(key.bytes)
  if (publicKey.asymmetricKeyType !== known.keyType)
    return `x509: signature algorithm specifies an ${known.keyType} public key, but have public key of type ${publicKey.asymmetricKeyType}`
  // The first byte of a bit string counts the bits that are left over.
  const isSigned = verify(known.hash, info.bytes, publicKey, signature.content.subarray(1))
  return isSigned ? undefined : VERIFICATION_FAILURES[known.keyType]
}

function publicKeyOf(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch (cause) {
    throw new DerError('x509: failed to parse public key', { cause })
  }
}

type AtLeast<Count extends 1 | 3> = Count extends 1
  ? readonly [DerElement, ...DerElement[]]
  : readonly [DerElement, DerElement, DerElement, ...DerElement[]]

function members<Count extends 1 | 3>(bytes: Buffer, count: Count): AtLeast<Count> {
  const elements = derElements(bytes)
  if (elements.length < count) throw new DerError('asn1: syntax error: sequence truncated')
  return elements as unknown as AtLeast<Count>
}
