import type { Container, Pod, ResourceList } from '../../apis/core/v1.ts'
import { nanosOf } from './quantity.ts'

/** Amounts in billionths, by the names of resources. */
export type Amounts = ReadonlyMap<string, bigint>

/**
 * What a Pod asks of its node: its containers and sidecars together, or the init container that asks for more beside the sidecars
 * before it, and its overhead (kubernetes, component-helpers/resource).
 */
export function podRequests({ spec = {} }: Pod): Amounts {
  let sidecars: Amounts = new Map()
  let most: Amounts = new Map()
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container)
    if (container.restartPolicy === 'Always') sidecars = sum(sidecars, own)
    most = larger(most, container.restartPolicy === 'Always' ? sidecars : sum(sidecars, own))
  }
  const running = (spec.containers ?? []).map(requestsOf).reduce(sum, sidecars)
  return sum(larger(most, running), amountsOf(spec.overhead))
}

export function amountsOf(list: ResourceList = {}): Amounts {
  return new Map(Object.entries(list).map(([name, quantity]) => [name, nanosOf(String(quantity))]))
}

export function sum(one: Amounts, other: Amounts): Amounts {
  return combined(one, other, (left, right) => left + right)
}

function larger(one: Amounts, other: Amounts): Amounts {
  return combined(one, other, (left, right) => (left > right ? left : right))
}

function combined(one: Amounts, other: Amounts, combine: (left: bigint, right: bigint) => bigint): Amounts {
  const names = new Set([...one.keys(), ...other.keys()])
  return new Map([...names].map((name) => [name, combine(one.get(name) ?? 0n, other.get(name) ?? 0n)]))
}

function requestsOf({ resources }: Container): Amounts {
  return amountsOf(resources?.requests)
}
