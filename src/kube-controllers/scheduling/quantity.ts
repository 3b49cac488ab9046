const SCALE_DIGITS = 9
const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map(
  ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'].map((suffix, index) => [suffix, 3 * index]),
)
const BINARY_SUFFIXES = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** The API refuses what is longer, or larger. */
const LARGEST_EXPONENT = 100
const LONGEST_DIGITS = 200

/** How much a quantity is, in billionths, below which there is nothing. What is none is 0: the API lets no such thing in. */
export function nanosOf(quantity: string): bigint {
  const [, sign = '', whole = '', places = '', suffix = ''] =
    /^([+-]?)(\d*)(?:\.(\d*))?([A-Za-z]*[+-]?\d*)$/.exec(quantity) ?? []
  const digits = `${whole}${places}`
  if (digits === '' || digits.length > LONGEST_DIGITS) return 0n
  const nanos = scaled(BigInt(digits), suffix, places.length)
  return sign === '-' ? -nanos : nanos
}

function scaled(amount: bigint, suffix: string, places: number): bigint {
  const binary = BINARY_SUFFIXES.indexOf(suffix)
  if (binary >= 0)
    return (amount * 1024n ** BigInt(binary + 1) * 10n ** BigInt(SCALE_DIGITS)) / 10n ** BigInt(places)
  const exponent =
    DECIMAL_EXPONENTS.get(suffix) ?? Number(/^[eE]([+-]?\d+)$/.exec(suffix)?.[1]) + SCALE_DIGITS
  if (!(Math.abs(exponent) <= LARGEST_EXPONENT)) return 0n
  const power = exponent - places
  return power >= 0 ? amount * 10n ** BigInt(power) : amount / 10n ** BigInt(-power)
}
