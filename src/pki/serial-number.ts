import { randomBytes } from 'node:crypto'

const SERIAL_NUMBER_BYTES = 16

/**
 * A random serial number of 128 bits, in hex. Its first bits are 01: positive, and 16 bytes long in its shortest
 * DER form, so that no encoder has anything to pad or to strip.
 */
export function randomSerialNumber(): string {
  const bytes = randomBytes(SERIAL_NUMBER_BYTES)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0)
  return bytes.toString('hex')
}
