import { isJsonObject, type JsonValue } from '../../api/json.ts'
import { compareQuantities, nanosOf } from '../../kinds/field-checks/index.ts'
import { minus, total } from './quantity-sum.ts'

/** Quantities by the names of resources, such as `cpu`. */
export type Amounts = ReadonlyMap<string, string>

/** Those of a part of an object that has been checked. */
export function amountsOf(value: JsonValue | undefined): Amounts {
  if (!isJsonObject(value)) return new Map()
  return new Map(Object.entries(value).map(([name, quantity]) => [name, String(quantity)]))
}

export function addAmounts(one: Amounts, other: Amounts): Amounts {
  return combined(one, other, (left, right) => total([left, right]))
}

export function sumAmounts(all: readonly Amounts[]): Amounts {
  const byName = new Map<string, string[]>()
  for (const amounts of all) {
    for (const [name, quantity] of amounts) {
      const quantities = byName.get(name)
      if (quantities) quantities.push(quantity)
      else byName.set(name, [quantity])
    }
  }
  return new Map([...byName].map(([name, quantities]) => [name, total(quantities)]))
}

/** The larger of each. */
export function largerAmounts(one: Amounts, other: Amounts): Amounts {
  return combined(one, other, (left, right) => (compareQuantities(left, right) < 0 ? right : left))
}

/** What is more in the first than in the other. */
export function excessAmounts(one: Amounts, other: Amounts): Amounts {
  return new Map([...one].map(([name, quantity]) => [name, minus(quantity, other.get(name) ?? '0')]))
}

export function onlyAmounts(
  amounts: Amounts,
  isWanted: (name: string, quantity: string) => boolean,
): Amounts {
  return new Map([...amounts].filter(([name, quantity]) => isWanted(name, quantity)))
}

export function isNothing(quantity: string): boolean {
  return nanosOf(quantity) === 0n
}

function combined(one: Amounts, other: Amounts, combine: (left: string, right: string) => string): Amounts {
  const result = new Map(one)
  for (const [name, quantity] of other) {
    const before = result.get(name)
    result.set(name, before === undefined ? quantity : combine(before, quantity))
  }
  return result
}
