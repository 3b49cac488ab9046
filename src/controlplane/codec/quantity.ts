import { MalformedBody } from './malformed-body.ts'

type Format = 'decimalSI' | 'decimalExponent' | 'binarySI'

interface Suffix {
  readonly format: Format
  /** Of ten, or for `binarySI` of two. */
  readonly exponent: number
}

/** What is longer is no quantity but an attack on big integers. */
const MAX_LENGTH = 256
const MAX_EXPONENT = 999

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/
const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** The least power of ten that is kept. */
const NANO = -9
const EXA = 18
const MAX_INT64 = 2n ** 63n - 1n
/** Below this, Kubernetes does not calculate with big numbers, and takes over the text of what is about canonical. */
const MAX_INT64_DIGITS = 18

/**
 * A quantity in the form in which Kubernetes writes it: `1000m` as `1`, `0.5` as `500m`, `1.5Gi` as `1536Mi`.
 *
 * @throws MalformedBody
 */
export function canonicalQuantity(text: string): string {
  const match = text.length <= MAX_LENGTH ? SHAPE.exec(text.trim()) : null
  if (!match || text.trim() === '') {
    const pattern = '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
    throw new MalformedBody(`quantities must match the regular expression '${pattern}'`)
  }
  const [whole, sign, numerator = '', denominator = '', suffixText = ''] = match
  const suffix = parseSuffix(suffixText)
  const digits = `${numerator.replace(/^0+/, '') || '0'}${denominator}`
  if (keepsItsText(digits, denominator.length, suffix)) return whole

  const unscaled = BigInt(digits)
  if (unscaled === 0n) return '0'
  const minus = sign === '-' ? '-' : ''
  return minus + writeAmount(unscaled, -denominator.length, suffix)
}

function parseSuffix(text: string): Suffix {
  const decimal = DECIMAL_SUFFIXES.indexOf(text)
  if (decimal >= 0) return { format: 'decimalSI', exponent: NANO + 3 * decimal }
  const binary = BINARY_SUFFIXES.indexOf(text)
  if (binary >= 0) return { format: 'binarySI', exponent: 10 * binary }
  const exponent = Number(/^[eE]([-+]?\d+)$/.exec(text)?.[1] ?? Number.NaN)
  if (!(Math.abs(exponent) <= MAX_EXPONENT)) throw new MalformedBody("unable to parse quantity's suffix")
  return { format: 'decimalExponent', exponent }
}

/** Kubernetes' own test for what is canonical already, which lets pass some that is not, such as `1.500`. */
function keepsItsText(digits: string, places: number, { format, exponent }: Suffix): boolean {
  if (format !== 'binarySI') {
    const scale = exponent - places
    if (digits.length > MAX_INT64_DIGITS || scale < NANO) return false
    return scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
  }
  if (places > 0 || 15 - digits.length - Math.trunc((exponent * 3) / 10) - 1 < 0) return false
  return Number(digits) % 8 !== 0
}

function writeAmount(unscaled: bigint, scale: number, { format, exponent }: Suffix): string {
  if (format !== 'binarySI') return writeDecimal(unscaled, scale + exponent, format)

  const amount = unscaled * 2n ** BigInt(exponent)
  const unit = 10n ** BigInt(-scale)
  if (amount > MAX_INT64 * unit) return String(MAX_INT64)
  if (amount < 1024n * unit || amount % unit !== 0n) return writeDecimal(amount, scale, 'decimalSI')
  return writeBinary(amount / unit)
}

function writeBinary(amount: bigint): string {
  let value = amount
  let power = 0
  while (value % 1024n === 0n) {
    value /= 1024n
    power++
  }
  // Without a suffix it will be read as decimal, so it is written as that at once.
  return power === 0 ? writeDecimal(amount, 0, 'decimalSI') : `${value}${BINARY_SUFFIXES[power]}`
}

/** Whoever asks for a little gets a little: what is less than a nano is rounded up to one. */
function writeDecimal(unscaled: bigint, scale: number, format: Format): string {
  let value = unscaled
  let exponent = scale
  if (exponent < NANO) {
    const unit = 10n ** BigInt(NANO - exponent)
    value = (value + unit - 1n) / unit
    exponent = NANO
  }
  while (value % 10n === 0n) {
    value /= 10n
    exponent++
  }
  const fitting = Math.floor(exponent / 3) * 3
  const written = format === 'decimalSI' ? Math.min(fitting, EXA) : fitting
  const number = value * 10n ** BigInt(exponent - written)
  if (format === 'decimalSI') return `${number}${DECIMAL_SUFFIXES[(written - NANO) / 3]}`
  return written === 0 ? String(number) : `${number}e${written}`
}
