import { canonicalQuantity } from '../../codec/quantity.ts'
import { nanosOf } from '../../kinds/field-checks/index.ts'

const NANO = 1_000_000_000n
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** Written as the first is, or as the other if the first is nothing (k8s.io/apimachinery, resource.Quantity). */
export function plus(one: string, other: string): string {
  const first = nanosOf(one)
  const sum = first + nanosOf(other)
  return written(sum, isBinary(first === 0n ? other : one))
}

/** What is left, but never less than nothing. */
export function minus(one: string, other: string): string {
  const difference = nanosOf(one) - nanosOf(other)
  return written(difference < 0n ? 0n : difference, isBinary(one))
}

function isBinary(quantity: string): boolean {
  return quantity.endsWith('i')
}

function written(nanos: bigint, inBinary: boolean): string {
  if (!inBinary || nanos % NANO !== 0n || nanos < 1024n * NANO) return canonicalQuantity(`${nanos}n`)
  let amount = nanos / NANO
  let exponent = 0
  for (; amount % 1024n === 0n && exponent < BINARY_SUFFIXES.length - 1; exponent++) amount /= 1024n
  return `${amount}${BINARY_SUFFIXES[exponent]}`
}
