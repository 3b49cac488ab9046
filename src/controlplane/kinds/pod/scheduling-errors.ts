import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../api/field-error.ts'
import { labelSelectorErrors, labelValueProblems } from '../../selectors/index.ts'
import {
  labelKeyErrors,
  labelNameErrors,
  labelValueErrors,
  qualifiedNameErrors,
  subdomainErrors,
} from '../field-checks/index.ts'
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from './pod-shape.ts'

/** What is wrong with what a pod says of where it may run (kubernetes, apis/core/validation). */

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const SPREAD_ACTIONS = ['DoNotSchedule', 'ScheduleAnyway']
const INCLUSION_POLICIES = ['Honor', 'Ignore']
const MOST_WEIGHT = 100
const NOT_POSITIVE = 'must be greater than zero'
const UNKNOWN_OPERATOR = 'not a valid selector operator'

export function tolerationErrors(tolerations: readonly Toleration[], path: string): FieldError[] {
  return tolerations.flatMap((toleration, index) => oneTolerationErrors(toleration, `${path}[${index}]`))
}

export function affinityErrors(
  { nodeAffinity, podAffinity, podAntiAffinity }: Affinity,
  path: string,
): FieldError[] {
  return [
    ...(nodeAffinity ? nodeAffinityErrors(nodeAffinity, `${path}.nodeAffinity`) : []),
    ...(podAffinity ? podAffinityErrors(podAffinity, `${path}.podAffinity`) : []),
    ...(podAntiAffinity ? podAffinityErrors(podAntiAffinity, `${path}.podAntiAffinity`) : []),
  ]
}

export function nodeSelectorErrors(selector: NodeSelector, path: string): FieldError[] {
  const at = `${path}.nodeSelectorTerms`
  const terms = selector.nodeSelectorTerms ?? []
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')]
  return terms.flatMap((term, index) => termErrors(term, true, `${at}[${index}]`))
}

export function topologySpreadErrors(
  constraints: readonly TopologySpreadConstraint[],
  path: string,
): FieldError[] {
  const keyOf = (constraint: TopologySpreadConstraint) =>
    `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`
  const last = new Map(constraints.map((constraint, index) => [keyOf(constraint), index]))
  return constraints.flatMap((constraint, index) => {
    const key = keyOf(constraint)
    const at = `${path}[${index}]`
    const isRepeated = (last.get(key) ?? index) > index
    return [
      ...spreadErrors(constraint, at),
      ...(isRepeated ? [duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, key)] : []),
      ...spreadOptionErrors(constraint, at),
    ]
  })
}

export function gateErrors(names: readonly string[], path: string): FieldError[] {
  const seen = new Set<string>()
  return names.flatMap((name, index) => {
    const at = `${path}[${index}]`
    const isKnown = seen.has(name)
    seen.add(name)
    return [...qualifiedNameErrors(name, at), ...(isKnown ? [duplicate(at, name)] : [])]
  })
}

function oneTolerationErrors(toleration: Toleration, path: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration
  const at = `${path}.operator`
  return [
    ...(key === '' ? [] : labelKeyErrors(key, `${path}.key`)),
    ...(key === '' && operator !== 'Exists'
      ? [
          invalid(
            at,
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
          ),
        ]
      : []),
    ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
      ? [invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")]
      : []),
    ...tolerationValueErrors(operator, value, at),
    ...(effect === '' || TAINT_EFFECTS.includes(effect)
      ? []
      : [notSupported(`${path}.effect`, effect, TAINT_EFFECTS)]),
  ]
}

function tolerationValueErrors(operator: string, value: string, path: string): FieldError[] {
  switch (operator) {
    case '':
    case 'Equal': {
      const problems = labelValueProblems(value)
      return problems.length === 0 ? [] : [invalid(path, value, problems.join(';'))]
    }
    case 'Exists':
      return value === '' ? [] : [invalid(path, value, "value must be empty when `operator` is 'Exists'")]
    default:
      return [notSupported(path, operator, ['Equal', 'Exists'])]
  }
}

function nodeAffinityErrors(affinity: NodeAffinity, path: string): FieldError[] {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: needed,
    preferredDuringSchedulingIgnoredDuringExecution: preferred = [],
  } = affinity
  return [
    ...(needed ? nodeSelectorErrors(needed, `${path}.requiredDuringSchedulingIgnoredDuringExecution`) : []),
    ...preferred.flatMap(({ weight, preference }, index) => {
      const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
      return [...weightErrors(weight, at), ...termErrors(preference, false, `${at}.preference`)]
    }),
  ]
}

/** @param checksValues what is only preferred may ask for labels that cannot be */
function termErrors(term: NodeSelectorTerm, checksValues: boolean, path: string): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((requirement, index) =>
      requirementErrors(requirement, checksValues, `${path}.matchExpressions[${index}]`),
    ),
    ...(term.matchFields ?? []).flatMap((requirement, index) =>
      fieldRequirementErrors(requirement, `${path}.matchFields[${index}]`),
    ),
  ]
}

function requirementErrors(
  { key, operator, values = [] }: NodeSelectorRequirement,
  checksValues: boolean,
  path: string,
): FieldError[] {
  return [
    ...operatorErrors(operator, values.length, path),
    ...labelKeyErrors(key, `${path}.key`),
    ...(checksValues
      ? values.flatMap((value, index) => labelValueErrors(value, `${path}.values[${index}]`))
      : []),
  ]
}

function operatorErrors(operator: string, valueCount: number, path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (valueCount > 0) return []
      return [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      if (valueCount === 0) return []
      return [
        forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      ]
    case 'Gt':
    case 'Lt':
      if (valueCount === 1) return []
      return [required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
    default:
      return [invalid(`${path}.operator`, operator, UNKNOWN_OPERATOR)]
  }
}

function fieldRequirementErrors(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: string,
): FieldError[] {
  const isKnown = operator === 'In' || operator === 'NotIn'
  return [
    ...(isKnown ? [] : [invalid(`${path}.operator`, operator, UNKNOWN_OPERATOR)]),
    ...(isKnown && values.length !== 1
      ? [
          required(
            `${path}.values`,
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
          ),
        ]
      : []),
    ...(key === 'metadata.name'
      ? values.flatMap((value, index) => subdomainErrors(value, `${path}.values[${index}]`))
      : [invalid(`${path}.key`, key, 'not a valid field selector key')]),
  ]
}

function podAffinityErrors(affinity: PodAffinity, path: string): FieldError[] {
  const {
    requiredDuringSchedulingIgnoredDuringExecution: needed = [],
    preferredDuringSchedulingIgnoredDuringExecution: preferred = [],
  } = affinity
  return [
    ...needed.flatMap((term, index) =>
      podTermErrors(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`),
    ),
    ...preferred.flatMap(({ weight, podAffinityTerm }, index) => {
      const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
      return [...weightErrors(weight, at), ...podTermErrors(podAffinityTerm, `${at}.podAffinityTerm`)]
    }),
  ]
}

function podTermErrors(term: PodAffinityTerm, path: string): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term
  return [
    ...(labelSelector ? labelSelectorErrors(labelSelector, `${path}.labelSelector`) : []),
    ...(namespaceSelector ? labelSelectorErrors(namespaceSelector, `${path}.namespaceSelector`) : []),
    ...namespaces.flatMap((name) => labelNameErrors(name, `${path}.namespace`)),
    ...labelKeysErrors(term, path),
    ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...labelKeyErrors(topologyKey, `${path}.topologyKey`),
  ]
}

function labelKeysErrors(term: PodAffinityTerm, path: string): FieldError[] {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term
  const keyErrors = (keys: readonly string[], at: string): FieldError[] => {
    if (keys.length === 0) return []
    if (!labelSelector) return [forbidden(at, 'must not be specified when labelSelector is not set')]
    return keys.flatMap((key, index) => labelKeyErrors(key, `${at}[${index}]`))
  }
  return [
    ...keyErrors(matchLabelKeys, `${path}.matchLabelKeys`),
    ...keyErrors(mismatchLabelKeys, `${path}.mismatchLabelKeys`),
    ...matchLabelKeys.flatMap((key, index) =>
      mismatchLabelKeys.includes(key)
        ? [
            invalid(
              `${path}.matchLabelKeys[${index}]`,
              key,
              'exists in both matchLabelKeys and mismatchLabelKeys',
            ),
          ]
        : [],
    ),
  ]
}

function weightErrors(weight: number, path: string): FieldError[] {
  if (weight > 0 && weight <= MOST_WEIGHT) return []
  return [invalid(`${path}.weight`, weight, 'must be in the range 1-100')]
}

function spreadErrors(
  { maxSkew, topologyKey, whenUnsatisfiable }: TopologySpreadConstraint,
  path: string,
): FieldError[] {
  return [
    ...(maxSkew <= 0 ? [invalid(`${path}.maxSkew`, maxSkew, NOT_POSITIVE)] : []),
    ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...(SPREAD_ACTIONS.includes(whenUnsatisfiable)
      ? []
      : [notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, SPREAD_ACTIONS)]),
  ]
}

function spreadOptionErrors(constraint: TopologySpreadConstraint, path: string): FieldError[] {
  const { minDomains, whenUnsatisfiable, labelSelector, matchLabelKeys = [] } = constraint
  const policies = ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const
  const known = new Set([
    ...Object.keys(labelSelector?.matchLabels ?? {}),
    ...(labelSelector?.matchExpressions ?? []).map(({ key }) => key),
  ])
  return [
    ...(minDomains !== undefined && minDomains <= 0
      ? [invalid(`${path}.minDomains`, minDomains, NOT_POSITIVE)]
      : []),
    ...(minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule'
      ? [
          invalid(
            `${path}.minDomains`,
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
          ),
        ]
      : []),
    ...policies.flatMap((name) => {
      const policy = constraint[name]
      return policy === undefined || INCLUSION_POLICIES.includes(policy)
        ? []
        : [notSupported(`${path}.${name}`, policy, INCLUSION_POLICIES)]
    }),
    ...(matchLabelKeys.length > 0 && !labelSelector
      ? [forbidden(`${path}.matchLabelKeys`, 'must not be specified when labelSelector is not set')]
      : []),
    ...matchLabelKeys.flatMap((key, index) => [
      ...labelKeyErrors(key, `${path}.matchLabelKeys[${index}]`),
      ...(known.has(key)
        ? [
            invalid(
              `${path}.matchLabelKeys[${index}]`,
              key,
              'exists in both matchLabelKeys and labelSelector',
            ),
          ]
        : []),
    ]),
    ...(labelSelector ? labelSelectorErrors(labelSelector, `${path}.labelSelector`) : []),
  ]
}
