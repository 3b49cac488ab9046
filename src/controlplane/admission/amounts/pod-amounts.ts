import { isJsonObject, type JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { objectsOf, specOf } from '../pod-shape.ts'
import { type Amounts, addAmounts, amountsOf, isNothing, largerAmounts, onlyAmounts } from './amounts.ts'

export type AmountKind = 'requests' | 'limits'

/** What a container, a pod or a claim says that it needs at least, or gets at most. */
export function statedAmounts({ resources }: JsonObject, kind: AmountKind): Amounts {
  return amountsOf(isJsonObject(resources) ? resources[kind] : undefined)
}

/**
 * What a pod needs at least, or gets at most: its containers all at once, or one of those that go before them with what keeps running
 * beside it, whichever is more; what it says of itself comes first (k8s.io/component-helpers, resource).
 */
export function podAmounts(pod: KubeObject, kind: AmountKind): Amounts {
  const spec = specOf(pod)
  let running: Amounts = new Map()
  let starting: Amounts = new Map()
  for (const container of objectsOf(spec.containers)) {
    running = addAmounts(running, statedAmounts(container, kind))
  }
  let beside: Amounts = new Map()
  for (const container of objectsOf(spec.initContainers)) {
    const stated = statedAmounts(container, kind)
    const isSidecar = container.restartPolicy === 'Always'
    if (isSidecar) {
      running = addAmounts(running, stated)
      beside = addAmounts(beside, stated)
    }
    starting = largerAmounts(starting, isSidecar ? beside : addAmounts(beside, stated))
  }
  const total = new Map([...largerAmounts(running, starting), ...statedAmounts(spec, kind)])
  const overhead = amountsOf(spec.overhead)
  // Where nothing limits a pod, what it costs besides does not either.
  return addAmounts(
    total,
    kind === 'requests' ? overhead : onlyAmounts(overhead, (name) => !isNothing(total.get(name) ?? '0')),
  )
}
