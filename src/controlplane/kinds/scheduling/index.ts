import { type FieldError, forbidden, notSupported } from '../../api/field-error.ts'
import type { KubeObject } from '../../registry/index.ts'
import { immutableErrors, type KindEntry, KindTable, strategyOf } from '../strategy/index.ts'

interface PriorityClass extends KubeObject {
  readonly value: number
  readonly globalDefault?: boolean
  readonly preemptionPolicy?: string
}

const HIGHEST_OF_USERS = 1_000_000_000
const SYSTEM_PREFIX = 'system-'
const SYSTEM_CLASSES = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
])
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never']

/** What is wrong with a PriorityClass (kubernetes, apis/scheduling/validation). */
function classErrors(object: PriorityClass): FieldError[] {
  const { value, preemptionPolicy: policy, metadata } = object
  const { name = '' } = metadata
  const problem = systemProblem(object)
  return [
    ...(problem === undefined
      ? []
      : [
          forbidden(
            'metadata.name',
            `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`,
          ),
        ]),
    ...(!name.startsWith(SYSTEM_PREFIX) && value > HIGHEST_OF_USERS
      ? [forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_OF_USERS}`)]
      : []),
    ...(policy === undefined || PREEMPTION_POLICIES.includes(policy)
      ? []
      : [notSupported('preemptionPolicy', policy, PREEMPTION_POLICIES)]),
  ]
}

/** Names of the system's classes are for those alone. */
function systemProblem({ metadata, value, globalDefault = false }: PriorityClass): string | undefined {
  const { name = '' } = metadata
  if (!name.startsWith(SYSTEM_PREFIX)) return undefined
  const known = SYSTEM_CLASSES.get(name)
  if (known === undefined) return `${name} is not a known system priority class`
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

const PRIORITY_CLASS_STRATEGY = strategyOf({
  // The original says 1 of a new one and never more, for what could change it is fixed.
  countsGenerations: true,
  withDefaults: (object) => ({ preemptionPolicy: 'PreemptLowerPriority', ...object }),
  validate: (object) => classErrors(object as PriorityClass),
  validateUpdate: (object, old) => [
    ...(object.value === old.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...immutableErrors(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy'),
  ],
})

export const SCHEDULING_KINDS: readonly KindEntry[] = [
  new KindTable('scheduling.k8s.io').clusterScoped(
    'priorityclasses',
    'PriorityClass',
    PRIORITY_CLASS_STRATEGY,
  ),
]
