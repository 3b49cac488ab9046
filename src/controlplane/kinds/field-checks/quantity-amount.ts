import { canonicalQuantity } from '../../codec/quantity.ts'

const NANO_DIGITS = 9
const NANO = 10n ** BigInt(NANO_DIGITS)
const NANOS_PER_MILLI = 10n ** 6n

const DECIMAL_EXPONENTS = new Map<string, number>(
  ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'].map((suffix, index) => [suffix, 3 * index - NANO_DIGITS]),
)
const BINARY_EXPONENTS = new Map<string, number>(
  ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, index) => [suffix, 10 * (index + 1)]),
)

/**
 * How much a quantity is, in billionths, below which there is nothing. Negative ones are rounded away from zero, as all are.
 *
 * @param quantity any text that is a quantity, canonical or not; anything else throws a MalformedBody
 */
export function nanosOf(quantity: string): bigint {
  const [, minus = '', digits = '0', suffix = ''] =
    /^(-?)(\d+)(.*)$/.exec(canonicalWithoutPoint(quantity)) ?? []
  const amount = BigInt(digits)
  const binary = BINARY_EXPONENTS.get(suffix)
  const nanos =
    binary === undefined ? scaled(amount, decimalExponent(suffix)) : amount * 2n ** BigInt(binary) * NANO
  return minus === '-' ? -nanos : nanos
}

/** Negative when the first is less, 0 when both are as much. */
export function compareQuantities(left: string, right: string): number {
  const difference = nanosOf(left) - nanosOf(right)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** A whole number of units. */
export function isWholeQuantity(quantity: string): boolean {
  return nanosOf(quantity) % NANO === 0n
}

/** The units of a quantity, rounded up; what Go calls its value. */
export function unitsOf(quantity: string): bigint {
  return divideAwayFromZero(nanosOf(quantity), NANO)
}

export function sumQuantities(quantities: readonly string[]): string {
  const nanos = quantities.reduce((sum, quantity) => sum + nanosOf(quantity), 0n)
  return canonicalQuantity(`${nanos}n`)
}

/** The quantity, or the next more of which a thousandth is the least part. */
export function roundUpToMilli(quantity: string): string {
  const nanos = nanosOf(quantity)
  if (nanos % NANOS_PER_MILLI === 0n) return quantity
  return canonicalQuantity(`${divideAwayFromZero(nanos, NANOS_PER_MILLI)}m`)
}

/** What was canonical enough for the original may still have a point in it. */
function canonicalWithoutPoint(quantity: string): string {
  const canonical = canonicalQuantity(quantity)
  const [, sign = '', whole = '', places = '', suffix = ''] =
    /^([+-]?)(\d*)(?:\.(\d*))?(.*)$/.exec(canonical) ?? []
  const minus = sign === '-' ? '-' : ''
  if (places === '') return `${minus}${whole || '0'}${suffix}`
  return `${minus}${whole}${places}e${decimalExponent(suffix) - places.length}`
}

function decimalExponent(suffix: string): number {
  return DECIMAL_EXPONENTS.get(suffix) ?? Number(suffix.slice(1))
}

function scaled(amount: bigint, exponent: number): bigint {
  const nanoExponent = exponent + NANO_DIGITS
  if (nanoExponent >= 0) return amount * 10n ** BigInt(nanoExponent)
  return divideAwayFromZero(amount, 10n ** BigInt(-nanoExponent))
}

function divideAwayFromZero(amount: bigint, unit: bigint): bigint {
  const whole = amount / unit
  if (amount % unit === 0n) return whole
  return amount < 0n ? whole - 1n : whole + 1n
}
