import { duplicate, type FieldError, forbidden, invalid, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import {
  type KubeObject,
  pathSegmentProblems,
  rfc1035Problems,
  subdomainProblems,
} from '../../registry/index.ts'
import { labelSelectorErrors } from '../../selectors/index.ts'
import { nameErrors, statusStrategy, strategyOf, strategyWithStatus } from '../strategy/index.ts'
import {
  choiceErrors,
  FAILURE_POLICIES,
  type MatchCondition,
  type MatchResources,
  matchConditionErrors,
  matchResourcesErrors,
  REINVOCATION_POLICIES,
  type Selector,
  withMatchDefaults,
} from './rules.ts'

/**
 * Policies of admission and their bindings, as far as it shows in their structure (kubernetes, apis/admissionregistration/validation):
 * what their expressions say is not looked into.
 */

interface Expressed extends JsonObject {
  readonly expression: string
}

interface Validation extends Expressed {
  readonly message?: string
  readonly reason?: string
  readonly messageExpression?: string
}

interface Mutation extends JsonObject {
  readonly patchType: string
  readonly applyConfiguration?: Partial<Expressed>
  readonly jsonPatch?: Partial<Expressed>
}

interface Policy extends KubeObject {
  readonly spec: JsonObject & {
    readonly paramKind?: JsonObject & { readonly apiVersion?: string; readonly kind?: string }
    readonly matchConstraints?: MatchResources
    readonly variables?: readonly (Expressed & { readonly name: string })[]
    readonly failurePolicy?: string
    readonly matchConditions?: readonly MatchCondition[]
    readonly validations?: readonly Validation[]
    readonly auditAnnotations?: readonly (JsonObject & {
      readonly key: string
      readonly valueExpression: string
    })[]
    readonly mutations?: readonly Mutation[]
    readonly reinvocationPolicy?: string
  }
}

interface ParamRef extends JsonObject {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: Selector
  readonly parameterNotFoundAction?: string
}

interface PolicyBinding extends KubeObject {
  readonly spec: JsonObject & {
    readonly policyName?: string
    readonly paramRef?: ParamRef
    readonly matchResources?: MatchResources
    readonly validationActions?: readonly string[]
  }
}

const IDENTIFIER = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const ACTIONS = ['Audit', 'Deny', 'Warn']
const NOT_FOUND_ACTIONS = ['Allow', 'Deny']
const PATCH_TYPES = ['ApplyConfiguration', 'JSONPatch']
const MOST_ANNOTATIONS = 20

function withPolicyDefaults(object: KubeObject): KubeObject {
  const { spec } = object as Policy
  const { matchConstraints } = spec
  return {
    ...object,
    spec: {
      ...spec,
      failurePolicy: spec.failurePolicy ?? 'Fail',
      ...(matchConstraints ? { matchConstraints: withMatchDefaults(matchConstraints) } : {}),
    },
  }
}

function withBindingDefaults(object: KubeObject): KubeObject {
  const { spec } = object as PolicyBinding
  if (!spec.matchResources) return object
  return { ...object, spec: { ...spec, matchResources: withMatchDefaults(spec.matchResources) } }
}

/** Of what policies of both kinds have. */
function policyErrors({ spec }: Policy): FieldError[] {
  const { failurePolicy, paramKind, matchConstraints, variables = [] } = spec
  const path = 'spec.matchConstraints'
  return [
    ...(failurePolicy === undefined ? [required('spec.failurePolicy')] : []),
    ...choiceErrors(failurePolicy, FAILURE_POLICIES, 'spec.failurePolicy'),
    ...(paramKind ? paramKindErrors(paramKind) : []),
    ...(matchConstraints ? matchResourcesErrors(matchConstraints, path) : [required(path)]),
    ...(matchConstraints && (matchConstraints.resourceRules ?? []).length === 0
      ? [required(`${path}.resourceRules`)]
      : []),
    ...matchConditionErrors(spec.matchConditions, 'spec.matchConditions'),
    ...variables.flatMap(({ name, expression }, index) => [
      ...variableNameErrors(name, `spec.variables[${index}].name`),
      ...expressionErrors(expression, `spec.variables[${index}].expression`),
    ]),
  ]
}

function variableNameErrors(name: string, field: string): FieldError[] {
  if (name.trim() === '') return [required(field, 'name is not specified')]
  return IDENTIFIER.test(name) ? [] : [invalid(field, name, 'name is not a valid CEL identifier')]
}

function expressionErrors(expression: string, field: string): FieldError[] {
  return expression.trim() === '' ? [required(field, 'expression is not specified')] : []
}

function paramKindErrors({ apiVersion = '', kind = '' }: NonNullable<Policy['spec']['paramKind']>) {
  const [field, kindField] = ['spec.paramKind.apiVersion', 'spec.paramKind.kind']
  const kindProblems = rfc1035Problems(kind.toLowerCase())
  return [
    ...(apiVersion === '' ? [required(field)] : apiVersionErrors(apiVersion, field)),
    ...(kind === '' ? [required(kindField)] : []),
    ...(kind !== '' && kindProblems.length > 0
      ? [
          invalid(
            kindField,
            kind,
            `may have mixed case, but should otherwise match: ${kindProblems.join(',')}`,
          ),
        ]
      : []),
  ]
}

function apiVersionErrors(apiVersion: string, field: string): FieldError[] {
  const parts = apiVersion.split('/')
  if (parts.length > 2) return [invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const [group = '', version = ''] = parts.length === 1 ? ['', apiVersion] : parts
  const groupProblems = group === '' ? [] : subdomainProblems(group)
  const versionProblems = rfc1035Problems(version)
  const errors = groupProblems.length === 0 ? [] : [invalid(field, group, groupProblems.join(','))]
  if (version === '') return [...errors, invalid(field, apiVersion, 'version must be specified')]
  return versionProblems.length === 0
    ? errors
    : [...errors, invalid(field, version, versionProblems.join(','))]
}

function validatingErrors(policy: Policy): FieldError[] {
  const { validations = [], auditAnnotations = [] } = policy.spec
  const none = 'validations or auditAnnotations must contain at least one item'
  const field = 'spec.auditAnnotations'
  const keys = auditAnnotations.map(({ key }) => key)
  return [
    ...policyErrors(policy),
    ...(validations.length + auditAnnotations.length === 0
      ? [required('spec.validations', none), required(field, none)]
      : []),
    ...validations.flatMap((each, index) => validationErrors(each, `spec.validations[${index}]`)),
    ...(auditAnnotations.length > MOST_ANNOTATIONS
      ? [invalid(field, auditAnnotations, `must not have more than ${MOST_ANNOTATIONS} auditAnnotations`)]
      : []),
    ...auditAnnotations.flatMap(({ key, valueExpression }, index) => [
      ...(valueExpression.trim() === ''
        ? [required(`${field}[${index}].valueExpression`, 'valueExpression is required')]
        : []),
      ...(keys.indexOf(key) < index ? [duplicate(`${field}[${index}].key`, key)] : []),
    ]),
  ]
}

function validationErrors(validation: Validation, path: string): FieldError[] {
  const { expression, message = '', messageExpression = '', reason } = validation
  const field = `${path}.message`
  return [
    ...expressionErrors(expression, `${path}.expression`),
    ...(messageExpression !== '' && messageExpression.trim() === ''
      ? [invalid(`${path}.messageExpression`, messageExpression, 'must be non-empty if specified')]
      : []),
    ...(message !== '' && message.trim() === ''
      ? [invalid(field, message, 'message must be non-empty if specified')]
      : []),
    ...(/[\r\n]/.test(message.trim())
      ? [invalid(field, message, 'message must not contain line breaks')]
      : []),
    ...choiceErrors(reason, REASONS, `${path}.reason`),
  ]
}

function mutatingErrors(policy: Policy): FieldError[] {
  const { mutations = [], reinvocationPolicy = '' } = policy.spec
  const field = 'spec.reinvocationPolicy'
  return [
    ...policyErrors(policy),
    ...(mutations.length === 0
      ? [required('spec.mutations', 'mutations must contain at least one item')]
      : []),
    ...mutations.flatMap((each, index) => mutationErrors(each, `spec.mutations[${index}]`)),
    ...(reinvocationPolicy === ''
      ? [required(field)]
      : choiceErrors(reinvocationPolicy, REINVOCATION_POLICIES, field)),
  ]
}

function mutationErrors({ patchType, applyConfiguration, jsonPatch }: Mutation, path: string): FieldError[] {
  if (patchType === '') return [required(`${path}.patchType`)]
  const isApply = patchType === 'ApplyConfiguration'
  if (!PATCH_TYPES.includes(patchType)) return choiceErrors(patchType, PATCH_TYPES, `${path}.patchType`)
  const [own, ownName] = isApply ? [applyConfiguration, 'applyConfiguration'] : [jsonPatch, 'jsonPatch']
  const [other, otherName] = isApply ? [jsonPatch, 'jsonPatch'] : [applyConfiguration, 'applyConfiguration']
  return [
    ...(own
      ? expressionErrors(own.expression ?? '', `${path}.${ownName}.expression`)
      : [required(`${path}.${ownName}`, `must be specified when patchType is ${patchType}`)]),
    ...(other
      ? [forbidden(`${path}.${otherName}`, `must not be specified when patchType is ${patchType}`)]
      : []),
  ]
}

/** Of what bindings of both kinds have. */
function bindingErrors({ spec }: PolicyBinding): FieldError[] {
  const { policyName = '', paramRef, matchResources } = spec
  return [
    ...(policyName === ''
      ? [required('spec.policyName')]
      : nameErrors(policyName, 'spec.policyName', subdomainProblems)),
    ...(paramRef ? paramRefErrors(paramRef, 'spec.paramRef') : []),
    ...(matchResources ? matchResourcesErrors(matchResources, 'spec.matchResources') : []),
  ]
}

function paramRefErrors(ref: ParamRef, path: string): FieldError[] {
  const { name = '', selector, parameterNotFoundAction: action } = ref
  const field = `${path}.parameterNotFoundAction`
  const both = 'name and selector are mutually exclusive'
  return [
    ...(name === '' ? [] : nameErrors(name, `${path}.name`, pathSegmentProblems)),
    ...(name !== '' && selector ? [forbidden(`${path}.name`, both)] : []),
    ...(selector ? labelSelectorErrors(selector, `${path}.selector`) : []),
    ...(name !== '' && selector ? [forbidden(`${path}.selector`, both)] : []),
    ...(name === '' && !selector ? [required(path, 'one of name or selector must be specified')] : []),
    ...(action === undefined || action === ''
      ? [required(field)]
      : choiceErrors(action, NOT_FOUND_ACTIONS, field)),
  ]
}

function actionErrors({ spec }: PolicyBinding): FieldError[] {
  const actions = spec.validationActions ?? []
  const field = 'spec.validationActions'
  const detail =
    'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
  return [
    ...actions.flatMap((action, index) => [
      ...choiceErrors(action, ACTIONS, `${field}[${index}]`),
      ...(actions.indexOf(action) < index ? [duplicate(`${field}[${index}]`, action)] : []),
    ]),
    ...(actions.includes('Deny') && actions.includes('Warn') ? [invalid(field, actions, detail)] : []),
    ...(actions.length === 0 ? [required(field, 'at least one validation action is required')] : []),
  ]
}

const common = { countsGenerations: true, allowsUnconditionalUpdate: false } as const

export const VALIDATING_POLICY_STRATEGY = strategyWithStatus({
  ...common,
  withDefaults: withPolicyDefaults,
  validate: (policy) => validatingErrors(policy as Policy),
  validateUpdate: (policy) => validatingErrors(policy as Policy),
})

export const VALIDATING_POLICY_STATUS_STRATEGY = statusStrategy(VALIDATING_POLICY_STRATEGY)

export const MUTATING_POLICY_STRATEGY = strategyOf({
  ...common,
  withDefaults: withPolicyDefaults,
  validate: (policy) => mutatingErrors(policy as Policy),
  validateUpdate: (policy) => mutatingErrors(policy as Policy),
})

const validatingBindingErrors = (object: KubeObject) => [
  ...bindingErrors(object as PolicyBinding),
  ...actionErrors(object as PolicyBinding),
]

export const VALIDATING_BINDING_STRATEGY = strategyOf({
  ...common,
  withDefaults: withBindingDefaults,
  validate: validatingBindingErrors,
  validateUpdate: validatingBindingErrors,
})

export const MUTATING_BINDING_STRATEGY = strategyOf({
  ...common,
  withDefaults: withBindingDefaults,
  validate: (binding) => bindingErrors(binding as PolicyBinding),
  validateUpdate: (binding) => bindingErrors(binding as PolicyBinding),
})
