import { randomBytes, sign } from 'node:crypto'
import { encodePem } from './pem.ts'
import { encodePrivateKey, encodePublicKey, generatePrivateKey } from './private-key.ts'
import { CERTIFICATE_VALIDITY_MS, systemClock, validityFrom, type WallClock } from './validity.ts'

/** Tags of DER (ITU-T X.690), with their class and form. */
const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  dnsName: 0x82,
} as const

/** Object identifiers, with tag and length: `ecdsa-with-SHA256`, `id-at-commonName`, `id-ce-subjectAltName`. */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex')
const COMMON_NAME = Buffer.from('0603550403', 'hex')
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex')

const SERIAL_BYTES = 16

export interface SelfSignedOptions {
  readonly commonName: string
  readonly dnsNames: readonly string[]
}

/**
 * A certificate of nobody but itself (RFC 5280), for servers whose clients do not verify it. Put together here, for the packages
 * that know all of X.509 take more memory than many a process that needs but this.
 */
export async function createSelfSignedCertificate(
  { commonName, dnsNames }: SelfSignedOptions,
  clock: WallClock = systemClock,
): Promise<{ readonly certificatePem: string; readonly privateKeyPem: string }> {
  const key = await generatePrivateKey('ec-p256')
  const { notBefore, notAfter } = validityFrom(clock.now(), CERTIFICATE_VALIDITY_MS)
  const algorithm = der(TAG.sequence, ECDSA_WITH_SHA256)
  const name = sequence(der(TAG.set, sequence(COMMON_NAME, der(TAG.utf8String, Buffer.from(commonName)))))
  const altNames = sequence(...dnsNames.map((each) => der(TAG.dnsName, Buffer.from(each, 'ascii'))))
  const toBeSigned = sequence(
    der(TAG.version, der(TAG.integer, Buffer.of(2))),
    der(TAG.integer, serialNumber()),
    algorithm,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    encodePublicKey(key),
    der(TAG.extensions, sequence(sequence(SUBJECT_ALT_NAME, der(TAG.octetString, altNames)))),
  )
  const signature = sign('sha256', toBeSigned, key)
  const noUnusedBits = Buffer.of(0)
  const certificate = sequence(toBeSigned, algorithm, der(TAG.bitString, noUnusedBits, signature))
  return { certificatePem: encodePem('CERTIFICATE', certificate), privateKeyPem: encodePrivateKey(key) }
}

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(TAG.sequence, ...contents)
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, each) => sum + each.length, 0)
  return Buffer.concat([Buffer.of(tag, ...encodedLength(length)), ...contents])
}

function encodedLength(length: number): readonly number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

/** Positive, and in as few bytes as DER wants it: the first is neither 0 nor has it the sign's bit. */
function serialNumber(): Buffer {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes
}

function time(date: Date): Buffer {
  const text = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050
    ? der(TAG.utcTime, Buffer.from(text.slice(2)))
    : der(TAG.generalizedTime, Buffer.from(text))
}
