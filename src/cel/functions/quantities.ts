import type { FunctionTable } from '../overload.ts'
import { EvaluationError, OpaqueValue } from '../values.ts'

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?((?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?)$/
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const LONGEST = 256
const INT_LIMIT = 2n ** 63n
const NANO = 10n ** 9n

/** An amount such as `1.5Gi`, exact. */
class Quantity extends OpaqueValue {
  readonly typeName = 'quantity'
  /** What is less is rounded up. */
  readonly nanos: bigint

  constructor(nanos: bigint) {
    super()
    this.nanos = nanos
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof Quantity && other.nanos === this.nanos
  }

  get isInteger(): boolean {
    const whole = this.nanos / NANO
    return this.nanos % NANO === 0n && whole < INT_LIMIT && whole >= -INT_LIMIT
  }
}

export function addQuantities(table: FunctionTable): void {
  const nanos = (value: unknown) => (value as Quantity).nanos
  const order = (a: unknown, b: unknown) => (nanos(a) < nanos(b) ? -1n : nanos(a) > nanos(b) ? 1n : 0n)
  table.add('quantity(string): quantity', ([text]) => parseQuantity(text as string))
  table.add('isQuantity(string): bool', ([text]) => quantityOf(text as string) !== undefined)
  table.add('quantity.sign(): int', ([a]) => (nanos(a) > 0n ? 1n : nanos(a) < 0n ? -1n : 0n))
  table.add('quantity.isGreaterThan(quantity): bool', ([a, b]) => order(a, b) > 0n)
  table.add('quantity.isLessThan(quantity): bool', ([a, b]) => order(a, b) < 0n)
  table.add('quantity.compareTo(quantity): int', ([a, b]) => order(a, b))
  table.add('quantity.asApproximateFloat(): double', ([a]) => Number(nanos(a)) / 1e9)
  table.add('quantity.isInteger(): bool', ([a]) => (a as Quantity).isInteger)
  table.add('quantity.asInteger(): int', ([a]) => {
    if (!(a as Quantity).isInteger) throw new EvaluationError('cannot convert value to integer')
    return nanos(a) / NANO
  })
  table.add('quantity.add(quantity): quantity', ([a, b]) => new Quantity(nanos(a) + nanos(b)))
  table.add('quantity.add(int): quantity', ([a, b]) => new Quantity(nanos(a) + (b as bigint) * NANO))
  table.add('quantity.sub(quantity): quantity', ([a, b]) => new Quantity(nanos(a) - nanos(b)))
  table.add('quantity.sub(int): quantity', ([a, b]) => new Quantity(nanos(a) - (b as bigint) * NANO))
}

function parseQuantity(text: string): Quantity {
  const quantity = quantityOf(text)
  if (!quantity) {
    const pattern = '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
    throw new EvaluationError(`quantities must match the regular expression '${pattern}'`)
  }
  return quantity
}

function quantityOf(text: string): Quantity | undefined {
  const match = text.length <= LONGEST ? SHAPE.exec(text) : null
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', suffix = ''] = match
  if (whole === '' && fraction === '') return undefined
  const places = BigInt(fraction.length)
  const unscaled = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  const binary = BINARY.indexOf(suffix)
  if (binary > 0) return new Quantity(roundedUp(unscaled * NANO * 1024n ** BigInt(binary), 10n ** places))
  const decimal = DECIMAL.indexOf(suffix)
  const exponent = decimal >= 0 ? BigInt(3 * decimal - 9) : BigInt(suffix.slice(1).replace('+', ''))
  const power = exponent + 9n - places
  return new Quantity(power >= 0n ? unscaled * 10n ** power : roundedUp(unscaled, 10n ** -power))
}

/** Away from zero. */
function roundedUp(value: bigint, unit: bigint): bigint {
  const whole = value / unit
  return value % unit === 0n ? whole : whole + (value < 0n ? -1n : 1n)
}
