import { canonicalQuantity } from '../../codec/quantity.ts'
import { nanosOf } from '../../kinds/field-checks/index.ts'

const NANO = 1_000_000_000n
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** Written as the first is that is not nothing (k8s.io/apimachinery, resource.Quantity). */
export function total(quantities: readonly string[]): string {
  let sum = 0n
  let pattern = ''
  for (const quantity of quantities) {
    if (sum === 0n) pattern = quantity
    sum += nanosOf(quantity)
  }
  return written(sum, pattern)
}

/** What is left, but never less than nothing. */
export function minus(one: string, other: string): string {
  const difference = nanosOf(one) - nanosOf(other)
  return written(difference < 0n ? 0n : difference, one)
}

function written(nanos: bigint, pattern: string): string {
  const isBinary = pattern.endsWith('i') && nanos % NANO === 0n && nanos >= 1024n * NANO
  if (!isBinary) return canonicalQuantity(`${nanos}n`)
  let amount = nanos / NANO
  let exponent = 0
  for (; amount % 1024n === 0n && exponent < BINARY_SUFFIXES.length - 1; exponent++) amount /= 1024n
  return `${amount}${BINARY_SUFFIXES[exponent]}`
}
