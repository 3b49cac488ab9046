/** Sums of Kubernetes' quantities, exact, in the notation of the first that is not zero (apimachinery's `Quantity.Add`). */

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?((?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?)$/
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const NANO = 10n ** 9n
const BINARY_STEP = 1024n
const LONGEST = 256

type Notation = 'decimal' | 'binary'

interface Amount {
  readonly nanos: bigint
  readonly notation: Notation
}

/** What is no quantity counts for nothing. */
export function sumQuantities(texts: readonly string[]): string {
  const amounts = texts.flatMap((text) => parse(text) ?? [])
  const nanos = amounts.reduce((sum, amount) => sum + amount.nanos, 0n)
  const notation = (amounts.find((amount) => amount.nanos !== 0n) ?? amounts[0])?.notation ?? 'decimal'
  return format({ nanos, notation })
}

function parse(text: string): Amount | undefined {
  const match = text.length <= LONGEST ? SHAPE.exec(text) : null
  const [, sign, whole = '', places = '', suffix = ''] = match ?? []
  if (whole + places === '') return undefined
  const digits = BigInt(whole + places)
  const binary = BINARY.indexOf(suffix)
  const isBinary = binary > 0
  const numerator = digits * (isBinary ? BINARY_STEP ** BigInt(binary) : 1n)
  const exponent = (isBinary ? 0 : decimalExponent(suffix)) - places.length + 9
  const nanos =
    exponent >= 0 ? numerator * 10n ** BigInt(exponent) : roundUp(numerator, 10n ** BigInt(-exponent))
  return { nanos: sign === '-' ? -nanos : nanos, notation: isBinary ? 'binary' : 'decimal' }
}

function decimalExponent(suffix: string): number {
  const index = DECIMAL.indexOf(suffix)
  return index >= 0 ? 3 * (index - 3) : Number(suffix.slice(1))
}

function roundUp(amount: bigint, unit: bigint): bigint {
  return (amount + unit - 1n) / unit
}

function format({ nanos, notation }: Amount): string {
  if (nanos === 0n) return '0'
  const sign = nanos < 0n ? '-' : ''
  const size = nanos < 0n ? -nanos : nanos
  const isBinary = notation === 'binary' && size % NANO === 0n && size / NANO >= BINARY_STEP
  const [step, suffixes] = isBinary ? [BINARY_STEP, BINARY] : [1000n, DECIMAL]
  let amount = isBinary ? size / NANO : size
  let power = 0
  while (amount % step === 0n && power < suffixes.length - 1) {
    amount /= step
    power += 1
  }
  return `${sign}${amount}${suffixes[power]}`
}
