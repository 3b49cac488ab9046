import { duplicate, type FieldError, invalid, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, rfc1035Problems, type Strategy, subdomainProblems } from '../../registry/index.ts'
import { labelSelectorErrors } from '../../selectors/index.ts'
import { nameErrors, strategyOf } from '../strategy/index.ts'
import { type ClientConfig, clientConfigErrors, withPort } from './client-config.ts'
import {
  choiceErrors,
  FAILURE_POLICIES,
  MATCH_POLICIES,
  type MatchCondition,
  matchConditionErrors,
  REINVOCATION_POLICIES,
  type Rule,
  ruleErrors,
  type Selector,
  withScope,
} from './rules.ts'

interface Webhook extends JsonObject {
  readonly name: string
  readonly clientConfig: ClientConfig
  readonly rules?: readonly Rule[]
  readonly failurePolicy?: string
  readonly matchPolicy?: string
  readonly namespaceSelector?: Selector
  readonly objectSelector?: Selector
  /** Null where nothing is said, as Go writes it. */
  readonly sideEffects?: string | null
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions?: readonly string[] | null
  readonly reinvocationPolicy?: string
  readonly matchConditions?: readonly MatchCondition[]
}

interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly Webhook[]
}

const SIDE_EFFECTS = ['None', 'NoneOnDryRun']
const REVIEW_VERSIONS = ['v1', 'v1beta1']
const LONGEST_TIMEOUT_SECONDS = 30

function withWebhookDefaults(object: KubeObject, more: JsonObject): KubeObject {
  const { webhooks } = object as WebhookConfiguration
  if (!webhooks) return object
  const filled = webhooks.map((webhook) => ({
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
    ...more,
    ...webhook,
    clientConfig: withPort(webhook.clientConfig),
    ...(webhook.rules ? { rules: webhook.rules.map(withScope) } : {}),
  }))
  return { ...object, webhooks: filled }
}

/** What is wrong with a configuration of webhooks (kubernetes, apis/admissionregistration/validation). */
function configurationErrors({ webhooks = [] }: WebhookConfiguration): FieldError[] {
  const names = webhooks.map(({ name }) => name)
  return webhooks.flatMap((webhook, index) => {
    const path = `webhooks[${index}]`
    const { name } = webhook
    return [
      ...webhookErrors(webhook, path),
      ...reviewVersionErrors(webhook.admissionReviewVersions ?? [], `${path}.admissionReviewVersions`),
      ...(name !== '' && names.indexOf(name) < index ? [duplicate(`${path}.name`, name)] : []),
    ]
  })
}

function webhookErrors(webhook: Webhook, path: string): FieldError[] {
  const { sideEffects, timeoutSeconds: timeout, namespaceSelector, objectSelector } = webhook
  const field = `${path}.sideEffects`
  return [
    ...qualifiedErrors(webhook.name, `${path}.name`),
    ...(webhook.rules ?? []).flatMap((rule, index) => ruleErrors(rule, `${path}.rules[${index}]`)),
    ...choiceErrors(webhook.failurePolicy, FAILURE_POLICIES, `${path}.failurePolicy`),
    ...choiceErrors(webhook.matchPolicy, MATCH_POLICIES, `${path}.matchPolicy`),
    ...(typeof sideEffects !== 'string'
      ? [required(field, `must specify one of ${SIDE_EFFECTS.join(', ')}`)]
      : choiceErrors(sideEffects, SIDE_EFFECTS, field)),
    ...(timeout !== undefined && (timeout < 1 || timeout > LONGEST_TIMEOUT_SECONDS)
      ? [
          invalid(
            `${path}.timeoutSeconds`,
            timeout,
            `the timeout value must be between 1 and ${LONGEST_TIMEOUT_SECONDS} seconds`,
          ),
        ]
      : []),
    ...(namespaceSelector ? labelSelectorErrors(namespaceSelector, `${path}.namespaceSelector`) : []),
    ...(objectSelector ? labelSelectorErrors(objectSelector, `${path}.objectSelector`) : []),
    ...choiceErrors(webhook.reinvocationPolicy, REINVOCATION_POLICIES, `${path}.reinvocationPolicy`),
    ...clientConfigErrors(webhook.clientConfig, `${path}.clientConfig`),
    ...matchConditionErrors(webhook.matchConditions, `${path}.matchConditions`),
  ]
}

function qualifiedErrors(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)]
  const problems = subdomainProblems(name)
  if (problems.length > 0) return [invalid(field, name, problems.join(','))]
  if (name.split('.').length >= 3) return []
  return [invalid(field, name, 'should be a domain with at least three segments separated by dots')]
}

function reviewVersionErrors(versions: readonly string[], path: string): FieldError[] {
  const known = REVIEW_VERSIONS.join(', ')
  if (versions.length === 0) return [required(path, `must specify one of ${known}`)]
  const errors = versions.flatMap((version, index) => {
    const field = `${path}[${index}]`
    if (versions.indexOf(version) < index) return [invalid(field, version, 'duplicate version')]
    return nameErrors(version, field, rfc1035Problems)
  })
  if (versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors
  return [...errors, invalid(path, versions, `must include at least one of ${known}`)]
}

/** `more` is what webhooks of this kind have besides the others. */
function webhookStrategy(more: JsonObject): Strategy {
  const errors = (object: KubeObject) => configurationErrors(object as WebhookConfiguration)
  return strategyOf({
    countsGenerations: true,
    allowsUnconditionalUpdate: false,
    withDefaults: (object) => withWebhookDefaults(object, more),
    validate: errors,
    validateUpdate: errors,
  })
}

export const VALIDATING_WEBHOOK_STRATEGY = webhookStrategy({})
export const MUTATING_WEBHOOK_STRATEGY = webhookStrategy({ reinvocationPolicy: 'Never' })
