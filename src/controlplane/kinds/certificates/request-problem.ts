import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { type DerElement, DerError, derElements } from './der.ts'
import { pemBlocks } from './pem-blocks.ts'

const INTEGER = 0x02
const BIT_STRING = 0x03
const OBJECT_IDENTIFIER = 0x06
const SEQUENCE = 0x30

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
  const [request, ...trailing] = members(der, [SEQUENCE])
  if (trailing.length > 0) throw new DerError('asn1: syntax error: trailing data')
  const [info, algorithm, signature] = members(request.content, [SEQUENCE, SEQUENCE, BIT_STRING])
  const [, , key] = members(info.content, [INTEGER, SEQUENCE, SEQUENCE])
  const [oid] = members(algorithm.content, [OBJECT_IDENTIFIER])
  const known = SIGNATURE_ALGORITHMS.get(oid.content.toString('hex'))
  if (!known) return 'x509: cannot verify signature: algorithm unimplemented'
  const publicKey = publicKeyOf(key.bytes)
  if (publicKey.asymmetricKeyType !== known.keyType)
    return `x509: signature algorithm specifies an ${known.keyType} public key, but have public key of type ${publicKey.asymmetricKeyType}`
  const isSigned = verify(known.hash, info.bytes, publicKey, wholeBytes(signature))
  return isSigned ? undefined : VERIFICATION_FAILURES[known.keyType]
}

/** The first byte of a bit string counts the bits that are left over. */
function wholeBytes({ content }: DerElement): Buffer {
  if (content[0] !== 0) throw new DerError('asn1: syntax error: invalid padding bits in BIT STRING')
  return content.subarray(1)
}

function publicKeyOf(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch (cause) {
    throw new DerError('x509: failed to parse public key', { cause })
  }
}

type Members<Tags extends readonly number[]> = readonly [
  ...{ [Index in keyof Tags]: DerElement },
  ...DerElement[],
]

/** The elements of a sequence, which begins with such of these tags. */
function members<const Tags extends readonly number[]>(bytes: Buffer, tags: Tags): Members<Tags> {
  const elements = derElements(bytes)
  if (elements.length < tags.length) throw new DerError('asn1: syntax error: sequence truncated')
  if (tags.some((tag, index) => elements[index]?.tag !== tag))
    throw new DerError("asn1: structure error: tags don't match")
  return elements as unknown as Members<Tags>
}
