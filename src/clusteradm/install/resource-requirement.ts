import type { ResourceRequirement } from '../../apis/operator/v1.ts'
import { listFlag, stringFlag } from '../../common/flags.ts'
import { pairs } from '../command-line/arguments.ts'
import { CommandError } from '../failure.ts'

export const RESOURCE_FLAGS = {
  'resource-qos-class': stringFlag(
    'Default',
    'Of all containers: Default, BestEffort or ResourceRequirement.',
    {
      placeholder: 'CLASS',
    },
  ),
  'resource-limits': listFlag([], 'Of each container, such as cpu=800m,memory=800Mi.', {
    placeholder: 'LIST',
  }),
  'resource-requests': listFlag([], 'Of each container, such as cpu=500m,memory=500Mi.', {
    placeholder: 'LIST',
  }),
} as const

const CLASSES = ['Default', 'BestEffort', 'ResourceRequirement'] as const
const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|n|u|[eE][+-]?\d+)?$/

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

interface ResourceValues {
  readonly resourceQosClass: string
  readonly resourceLimits: readonly string[]
  readonly resourceRequests: readonly string[]
}

/** What an operator's spec says of resources. Throws a CommandError for what cannot be. */
export function resourceRequirement(values: ResourceValues): ResourceRequirement {
  const limits = pairs(values.resourceLimits, 'resource-limits')
  const requests = pairs(values.resourceRequests, 'resource-requests')
  const given = values.resourceQosClass
  const type = CLASSES.find((each) => each === given)
  if (!type) {
    throw new CommandError(`--resource-qos-class ${JSON.stringify(given)} is none of ${CLASSES.join(', ')}`)
  }
  if (limits.size + requests.size === 0) {
    if (type === 'ResourceRequirement') {
      throw new CommandError(`resource type is ${type} but both limits and requests are not set`)
    }
    return { type }
  }
  if (type !== 'ResourceRequirement') {
    throw new CommandError(
      'resource type must be ResourceRequirement when resource limits or requests are set',
    )
  }
  for (const [resource, request] of requests) {
    const limit = limits.get(resource)
    if (limit !== undefined && amountOf(request) > amountOf(limit)) {
      throw new CommandError(`requests ${request} must be less than or equal to limits ${limit}`)
    }
  }
  for (const quantity of [...limits.values(), ...requests.values()]) amountOf(quantity)
  return {
    type,
    resourceRequirements: { limits: Object.fromEntries(limits), requests: Object.fromEntries(requests) },
  }
}

function amountOf(quantity: string): number {
  const [, number = '', suffix = ''] = QUANTITY.exec(quantity) ?? []
  if (number === '') {
    throw new CommandError(
      `quantities must match the regular expression '${QUANTITY.source}': ${JSON.stringify(quantity)}`,
    )
  }
  return Object.hasOwn(FACTORS, suffix)
    ? Number(number) * (FACTORS[suffix] as number)
    : Number(`${number}${suffix}`)
}
