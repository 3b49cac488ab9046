import { availableParallelism, totalmem } from 'node:os'
import type { Container, Pod, ResourceFieldSelector } from '../../apis/core/v1.ts'
import { nanosOf } from '../../controlplane/kinds/field-checks/quantity-amount.ts'
import { ContainerConfigError } from './errors.ts'

type Quantities = Readonly<Record<string, string | number>>

const NANOS_PER_UNIT = 10n ** 9n
const NANOS_PER_MILLI = 10n ** 6n

const FIELD = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-[A-Za-z0-9]+)$/

/** Fields that Kubernetes counts in thousandths; all others in whole units. */
const IN_MILLIS = 'cpu'

/** What of this machine a container without limits may use at most. */
export function machineResources(): Quantities {
  return { cpu: availableParallelism(), memory: totalmem() }
}

/**
 * How much of a resource a container may have, or asks for, in units of the selector's divisor, rounded up (kubernetes,
 * pkg/api/v1/resource). Without a limit that is what the node has.
 *
 * @param container the one that asks; the selector may name another one of the Pod
 * @throws ContainerConfigError for a container or resource that there is not
 */
export function resourceValue(
  { containerName, resource, divisor }: ResourceFieldSelector,
  pod: Pod,
  container: Container | undefined,
  allocatable: Quantities = machineResources(),
): string {
  const target = containerName ? findContainer(pod, containerName) : container
  if (!target) throw new ContainerConfigError(`container ${containerName ?? ''} not found`)
  const [, kind, name = ''] = FIELD.exec(resource) ?? []
  if (!kind) throw new ContainerConfigError(`unsupported container resource : ${resource}`)
  const own = (kind === 'limits' ? target.resources?.limits : target.resources?.requests) ?? {}
  const amount = amountOf(own, name) || (kind === 'limits' ? amountOf(allocatable, name) : 0n)
  const unit = name === IN_MILLIS ? NANOS_PER_MILLI : NANOS_PER_UNIT
  const divisorNanos = divisor === undefined ? 0n : nanosOf(String(divisor))
  const steps = divideUp(divisorNanos > 0n ? divisorNanos : NANOS_PER_UNIT, unit)
  return String(divideUp(divideUp(amount, unit), steps))
}

function findContainer(pod: Pod, name: string): Container | undefined {
  const { containers = [], initContainers = [] } = pod.spec ?? {}
  return [...containers, ...initContainers].find((container) => container.name === name)
}

/** In billionths; 0 where nothing is said. */
function amountOf(quantities: Quantities, name: string): bigint {
  const quantity = Object.hasOwn(quantities, name) ? quantities[name] : undefined
  return quantity === undefined ? 0n : nanosOf(String(quantity))
}

function divideUp(amount: bigint, unit: bigint): bigint {
  return (amount + unit - 1n) / unit
}
