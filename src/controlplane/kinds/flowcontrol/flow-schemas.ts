import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, labelProblems, subdomainProblems } from '../../registry/index.ts'
import { nameErrors, statusStrategy, strategyWithStatus } from '../strategy/index.ts'

interface Subject extends JsonObject {
  readonly kind: string
  readonly user?: JsonObject & { readonly name: string }
  readonly group?: JsonObject & { readonly name: string }
  readonly serviceAccount?: JsonObject & { readonly name: string; readonly namespace: string }
}

interface ResourceRule extends JsonObject {
  readonly verbs?: readonly string[] | null
  readonly apiGroups?: readonly string[] | null
  readonly resources?: readonly string[] | null
  readonly clusterScope?: boolean
  readonly namespaces?: readonly string[] | null
}

interface NonResourceRule extends JsonObject {
  readonly verbs?: readonly string[] | null
  readonly nonResourceURLs?: readonly string[] | null
}

interface Rule extends JsonObject {
  readonly subjects?: readonly Subject[] | null
  readonly resourceRules?: readonly ResourceRule[] | null
  readonly nonResourceRules?: readonly NonResourceRule[] | null
}

interface FlowSchema extends KubeObject {
  readonly spec: JsonObject & {
    readonly priorityLevelConfiguration: JsonObject & { readonly name: string }
    readonly matchingPrecedence?: number
    readonly distinguisherMethod?: JsonObject & { readonly type: string }
    readonly rules?: readonly Rule[]
  }
}

export interface ConditionedStatus extends JsonObject {
  readonly conditions?: readonly (JsonObject & { readonly type?: string })[]
}

const HIGHEST_PRECEDENCE = 10_000
const DEFAULT_PRECEDENCE = 1000
const METHODS = ['ByNamespace', 'ByUser']
const SUBJECT_FIELDS = new Map([
  ['ServiceAccount', 'serviceAccount'],
  ['User', 'user'],
  ['Group', 'group'],
] as const)
const SUBJECT_KINDS = ['Group', 'ServiceAccount', 'User']
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

/** The schema of this name is what the server itself makes, and alone comes first. */
const EXEMPT = 'exempt'

function withSchemaDefaults(object: KubeObject): KubeObject {
  const { spec } = object as FlowSchema
  return {
    ...object,
    spec: { ...spec, matchingPrecedence: spec.matchingPrecedence || DEFAULT_PRECEDENCE },
  }
}

/** What is wrong with a FlowSchema (kubernetes, apis/flowcontrol/validation). */
function schemaErrors({ metadata, spec }: FlowSchema): FieldError[] {
  const { matchingPrecedence: precedence = 0, distinguisherMethod, rules = [] } = spec
  const field = 'spec.matchingPrecedence'
  const { name } = spec.priorityLevelConfiguration
  const level = 'spec.priorityLevelConfiguration.name'
  return [
    ...(precedence <= 0 ? [invalid(field, precedence, 'must be a positive value')] : []),
    ...(precedence > HIGHEST_PRECEDENCE
      ? [invalid(field, precedence, `must not be greater than ${HIGHEST_PRECEDENCE}`)]
      : []),
    ...(precedence === 1 && metadata.name !== EXEMPT
      ? [invalid(field, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
      : []),
    ...(distinguisherMethod && !METHODS.includes(distinguisherMethod.type)
      ? [notSupported('spec.distinguisherMethod.type', distinguisherMethod, METHODS)]
      : []),
    ...(name === ''
      ? [required(level, 'must reference a priority level')]
      : nameErrors(name, level, subdomainProblems)),
    ...rules.flatMap((rule, index) => ruleErrors(rule, `spec.rules[${index}]`)),
  ]
}

function ruleErrors(rule: Rule, path: string): FieldError[] {
  const [subjects, resourceRules, nonResourceRules] = [
    rule.subjects ?? [],
    rule.resourceRules ?? [],
    rule.nonResourceRules ?? [],
  ]
  return [
    ...(subjects.length === 0
      ? [required(`${path}.subjects`, 'subjects must contain at least one value')]
      : []),
    ...subjects.flatMap((subject, index) => subjectErrors(subject, `${path}.subjects[${index}]`)),
    ...(resourceRules.length + nonResourceRules.length === 0
      ? [required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...resourceRules.flatMap((each, index) => resourceErrors(each, `${path}.resourceRules[${index}]`)),
    ...nonResourceRules.flatMap((each, index) => urlErrors(each, `${path}.nonResourceRules[${index}]`)),
  ]
}

function subjectErrors(subject: Subject, path: string): FieldError[] {
  const own = (SUBJECT_FIELDS as ReadonlyMap<string, 'serviceAccount' | 'user' | 'group'>).get(subject.kind)
  if (own === undefined) return [notSupported(`${path}.kind`, subject.kind, SUBJECT_KINDS)]
  const others = [...SUBJECT_FIELDS].filter(([, field]) => field !== own && subject[field] !== undefined)
  return [
    ...ownErrors(subject, own, `${path}.${own}`),
    ...others.map(([kind, field]) =>
      forbidden(`${path}.${field}`, `${field} is forbidden when subject kind is not '${kind}'`),
    ),
  ]
}

function ownErrors(subject: Subject, own: 'serviceAccount' | 'user' | 'group', path: string): FieldError[] {
  const named = subject[own]
  if (!named) return [required(path, `${own} is required when subject kind is '${subject.kind}'`)]
  const errors = named.name === '' ? [required(`${path}.name`)] : []
  if (own !== 'serviceAccount') return errors
  const { name, namespace } = named as NonNullable<Subject['serviceAccount']>
  return [
    ...errors,
    ...(name === '' || name === '*' ? [] : nameErrors(name, `${path}.name`, subdomainProblems)),
    ...(namespace === ''
      ? [required(`${path}.namespace`, 'must specify namespace for service account')]
      : nameErrors(namespace, `${path}.namespace`, labelProblems)),
  ]
}

function verbErrors(verbs: readonly string[], field: string): FieldError[] {
  if (verbs.length === 0) return [required(field, 'verbs must contain at least one value')]
  if (verbs.includes('*')) return aloneErrors(verbs, field, 'verbs')
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(field, verbs, VERBS)]
}

function aloneErrors(values: readonly string[], field: string, what: string): FieldError[] {
  if (values.length < 2 || !values.includes('*')) return []
  return [invalid(field, values, `if '*' is present, must not specify other ${what}`)]
}

function resourceErrors(rule: ResourceRule, path: string): FieldError[] {
  const [apiGroups, resources, namespaces] = [
    rule.apiGroups ?? [],
    rule.resources ?? [],
    rule.namespaces ?? [],
  ]
  const field = `${path}.namespaces`
  const noNamespace = 'resource rules that are not cluster scoped must supply at least one namespace'
  const intro = "each member of this list must be '*' or a DNS-1123 label; "
  return [
    ...verbErrors(rule.verbs ?? [], `${path}.verbs`),
    ...(apiGroups.length === 0
      ? [required(`${path}.apiGroups`, 'resource rules must supply at least one api group')]
      : aloneErrors(apiGroups, `${path}.apiGroups`, 'api groups')),
    ...(resources.length === 0
      ? [required(`${path}.resources`, 'resource rules must supply at least one resource')]
      : aloneErrors(resources, `${path}.resources`, 'resources')),
    ...(namespaces.length === 0 && !rule.clusterScope ? [required(field, noNamespace)] : []),
    ...(namespaces.includes('*')
      ? aloneErrors(namespaces, field, 'namespaces')
      : namespaces.flatMap((namespace, index) =>
          labelProblems(namespace).map((problem) =>
            invalid(`${field}[${index}]`, namespace, `${intro}${problem}`),
          ),
        )),
  ]
}

function urlErrors(rule: NonResourceRule, path: string): FieldError[] {
  const urls = rule.nonResourceURLs ?? []
  const field = `${path}.nonResourceURLs`
  const errors = verbErrors(rule.verbs ?? [], `${path}.verbs`)
  if (urls.length === 0)
    return [...errors, required(field, 'nonResourceURLs must contain at least one value')]
  if (urls.includes('*')) return [...errors, ...aloneErrors(urls, field, 'non-resource URLs')]
  return [
    ...errors,
    ...urls.flatMap((url, index) => {
      const problem = urlProblem(url)
      return problem === undefined ? [] : [invalid(`${field}[${index}]`, url, problem)]
    }),
  ]
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (url === '/') return undefined
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const wildcard = url.indexOf('*')
  if (wildcard < 0 || (wildcard === url.length - 1 && url.endsWith('/*'))) return undefined
  return 'wildcard can only do suffix matching'
}

export function conditionErrors({ conditions = [] }: ConditionedStatus): FieldError[] {
  const types = conditions.map(({ type = '' }) => type)
  return types.flatMap((type, index) => {
    const field = `status.conditions[${index}].type`
    return [
      ...(types.indexOf(type) < index ? [duplicate(field, type)] : []),
      ...(type === '' ? [required(field, 'must not be empty')] : []),
    ]
  })
}

const errors = (schema: KubeObject) => schemaErrors(schema as FlowSchema)

export const FLOW_SCHEMA_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  withDefaults: withSchemaDefaults,
  validate: errors,
  validateUpdate: errors,
})

export const FLOW_SCHEMA_STATUS_STRATEGY = statusStrategy(FLOW_SCHEMA_STRATEGY, {
  validateUpdate: ({ status }) => conditionErrors(status as ConditionedStatus),
})
