import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import { statusStrategy, strategyWithStatus } from '../strategy/index.ts'
import { type ConditionedStatus, conditionErrors } from './flow-schemas.ts'

interface Queuing extends JsonObject {
  readonly queues?: number
  readonly handSize?: number
  readonly queueLengthLimit?: number
}

interface Limited extends JsonObject {
  /** Null where nothing is said, as Go writes it. */
  readonly nominalConcurrencyShares?: number | null
  readonly limitResponse?: JsonObject & { readonly type?: string; readonly queuing?: Queuing }
  readonly lendablePercent?: number
  readonly borrowingLimitPercent?: number
}

interface PriorityLevel extends KubeObject {
  readonly spec: JsonObject & {
    readonly type: string
    readonly limited?: Limited
    readonly exempt?: JsonObject & {
      readonly nominalConcurrencyShares?: number
      readonly lendablePercent?: number
    }
  }
}

const DEFAULT_SHARES = 30
const DEFAULT_QUEUING = { queues: 64, handSize: 8, queueLengthLimit: 50 }
const MOST_QUEUES = 10_000_000
const HASH_BITS = 60
const EXEMPT = 'exempt'
const LIMITED = 'spec.limited'

function withLevelDefaults(object: KubeObject): KubeObject {
  const { spec } = object as PriorityLevel
  const { exempt, limited } = spec
  if (spec.type === 'Exempt') {
    const filled = { nominalConcurrencyShares: 0, lendablePercent: 0, ...exempt }
    return { ...object, spec: { ...spec, exempt: filled } }
  }
  if (!limited) return object
  const { limitResponse } = limited
  const queuing = limitResponse?.queuing
  return {
    ...object,
    spec: {
      ...spec,
      limited: {
        lendablePercent: 0,
        ...limited,
        nominalConcurrencyShares: limited.nominalConcurrencyShares ?? DEFAULT_SHARES,
        ...(queuing ? { limitResponse: { ...limitResponse, queuing: withQueuingDefaults(queuing) } } : {}),
      },
    },
  }
}

/** What Go has as zero is not said. */
function withQueuingDefaults(queuing: Queuing): Queuing {
  return {
    queues: queuing.queues || DEFAULT_QUEUING.queues,
    handSize: queuing.handSize || DEFAULT_QUEUING.handSize,
    queueLengthLimit: queuing.queueLengthLimit || DEFAULT_QUEUING.queueLengthLimit,
  }
}

/** What is wrong with a PriorityLevelConfiguration (kubernetes, apis/flowcontrol/validation). */
function levelErrors({ metadata, spec }: PriorityLevel): FieldError[] {
  const { type, limited, exempt } = spec
  const errors: FieldError[] = []
  if ((metadata.name === EXEMPT) !== (type === 'Exempt'))
    errors.push(invalid('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"))
  switch (type) {
    case 'Exempt':
      if (limited) errors.push(forbidden(LIMITED, 'must be nil if the type is not Limited'))
      return [
        ...errors,
        ...nonNegativeErrors(exempt?.nominalConcurrencyShares, 'spec.exempt.nominalConcurrencyShares'),
        ...percentErrors(exempt?.lendablePercent, 'spec.exempt.lendablePercent'),
      ]
    case 'Limited':
      if (exempt) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'))
      return limited
        ? [...errors, ...limitedErrors(limited)]
        : [...errors, required(LIMITED, 'must not be empty when type is Limited')]
    default:
      return [...errors, notSupported('spec.type', type, ['Exempt', 'Limited'])]
  }
}

function limitedErrors(limited: Limited): FieldError[] {
  const { nominalConcurrencyShares: shares, borrowingLimitPercent: limit, limitResponse = {} } = limited
  const { type = '', queuing } = limitResponse as NonNullable<Limited['limitResponse']>
  const path = `${LIMITED}.limitResponse`
  const errors = [
    ...(typeof shares === 'number' && shares < 0
      ? [invalid(`${LIMITED}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')]
      : []),
  ]
  switch (type) {
    case 'Reject': {
      const detail = 'must be nil if limited.limitResponse.type is not Limited'
      if (queuing) errors.push(forbidden(`${path}.queuing`, detail))
      break
    }
    case 'Queue': {
      const detail = 'must not be empty if limited.limitResponse.type is Limited'
      errors.push(
        ...(queuing ? queuingErrors(queuing, `${path}.queuing`) : [required(`${path}.queuing`, detail)]),
      )
      break
    }
    default:
      errors.push(notSupported(`${path}.type`, type, ['Queue', 'Reject']))
  }
  return [
    ...errors,
    ...percentErrors(limited.lendablePercent, `${LIMITED}.lendablePercent`),
    ...(limit !== undefined && limit < 0
      ? [invalid(`${LIMITED}.borrowingLimitPercent`, limit, 'if specified, must be a non-negative integer')]
      : []),
  ]
}

function percentErrors(percent: number | undefined, field: string): FieldError[] {
  if (percent === undefined || (percent >= 0 && percent <= 100)) return []
  return [invalid(field, percent, 'must be between 0 and 100, inclusive')]
}

function queuingErrors(queuing: Queuing, path: string): FieldError[] {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing
  const hand = `${path}.handSize`
  return [
    ...positiveErrors(queueLengthLimit, `${path}.queueLengthLimit`),
    ...positiveErrors(queues, `${path}.queues`),
    ...(queues > MOST_QUEUES
      ? [invalid(`${path}.queues`, queues, `must not be greater than ${MOST_QUEUES}`)]
      : []),
    ...(handSize > queues && handSize > 0
      ? [invalid(hand, handSize, `should not be greater than queues (${queues})`)]
      : positiveErrors(handSize, hand)),
    ...(handSize > 0 && handSize <= queues && entropyBits(queues, handSize) > HASH_BITS
      ? [
          invalid(
            hand,
            handSize,
            `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${HASH_BITS}`,
          ),
        ]
      : []),
  ]
}

function positiveErrors(value: number, field: string): FieldError[] {
  return value > 0 ? [] : [invalid(field, value, 'must be positive')]
}

function entropyBits(deckSize: number, handSize: number): number {
  return Math.ceil(Math.log2(deckSize) * handSize)
}

const errors = (level: KubeObject) => levelErrors(level as PriorityLevel)

export const PRIORITY_LEVEL_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  withDefaults: withLevelDefaults,
  validate: errors,
  validateUpdate: errors,
})

export const PRIORITY_LEVEL_STATUS_STRATEGY = statusStrategy(PRIORITY_LEVEL_STRATEGY, {
  validateUpdate: ({ status }) => conditionErrors(status as ConditionedStatus),
})
