import type { FeedbackRule, FeedbackValue, FieldValue, JsonPath } from '../../../apis/work/v1.ts'
import type { JsonValue } from '../../../common/json.ts'
import { canonicalJson } from '../../../common/json-tools.ts'
import type { NewCondition } from '../../../kube/index.ts'
import {
  findByJsonPath,
  goType,
  isInt64,
  JsonPathError,
  type JsonPathNode,
  parseJsonPath,
} from '../../jsonpath/index.ts'
import { StepBudget } from '../../step-budget.ts'
import { asJson, groupVersionOf, type ManifestObject } from '../manifest-object.ts'
import { shortMessage } from './short-message.ts'

export const FEEDBACK_CONDITION = 'StatusFeedbackSynced'

const WELL_KNOWN: ReadonlyMap<string, readonly JsonPath[]> = new Map([
  [
    'apps/v1 Deployment',
    [
      { name: 'ReadyReplicas', path: '.status.readyReplicas' },
      { name: 'Replicas', path: '.status.replicas' },
      { name: 'AvailableReplicas', path: '.status.availableReplicas' },
    ],
  ],
  [
    'apps/v1 DaemonSet',
    [
      { name: 'NumberReady', path: '.status.numberReady' },
      { name: 'DesiredNumberScheduled', path: '.status.desiredNumberScheduled' },
      { name: 'NumberAvailable', path: '.status.numberAvailable' },
    ],
  ],
  [
    'batch/v1 Job',
    [
      { name: 'JobComplete', path: '.status.conditions[?(@.type=="Complete")].status' },
      { name: 'JobSucceeded', path: '.status.succeeded' },
    ],
  ],
  [
    'v1 Pod',
    [
      { name: 'PodReady', path: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'PodPhase', path: '.status.phase' },
    ],
  ],
])

export interface FeedbackOptions {
  /** Lists and structures are told as JSON, too (the gate RawFeedbackJsonString). */
  readonly allowsRawJson: boolean
  /** The longest such JSON. */
  readonly maxRawJsonLength: number
}

export interface Feedback {
  /** Each name once. */
  readonly values: readonly FeedbackValue[]
  /** Of the values as JSON, in characters. */
  readonly size: number
  readonly condition: NewCondition
}

/** The values of an object that the rules ask for, and what could not be had of them. */
export function readFeedback(
  object: ManifestObject,
  rules: readonly FeedbackRule[],
  options: FeedbackOptions,
): Feedback {
  if (rules.length === 0)
    return { values: [], size: 0, condition: { ...SYNCED, reason: 'NoStatusFeedbackSynced' } }
  const budget = new StepBudget()
  const values = new Map<string, FeedbackValue>()
  const problems: string[] = []
  for (const rule of rules) {
    const { paths, problem } = pathsOf(object, rule)
    if (problem) problems.push(problem)
    const found: string[] = []
    for (const path of paths) {
      const value = valueAt(object, path, { ...options, budget })
      if (typeof value === 'string') found.push(value)
      else if (value && values.has(path.name)) found.push(`there is more than one value for ${path.name}`)
      else if (value) values.set(path.name, { name: path.name, fieldValue: value })
    }
    if (found.length > 0) problems.push(aggregate(found))
  }
  const list = [...values.values()]
  const condition = problems.length === 0 ? SYNCED : failure(aggregate(problems))
  return { values: list, size: JSON.stringify(list).length, condition }
}

const SYNCED = {
  type: FEEDBACK_CONDITION,
  status: 'True',
  reason: 'StatusFeedbackSynced',
  message: '',
} as const

function failure(problem: string): NewCondition {
  const message = shortMessage(`Sync status feedback failed with error ${problem}`)
  return { type: FEEDBACK_CONDITION, status: 'False', reason: 'StatusFeedbackSyncFailed', message }
}

/** What is told of an object when the values of the manifests before it leave no room for its own. */
export function withoutRoom(most: number): Feedback {
  const problem = `the values of all manifests are larger than the maximum length ${most}`
  return { values: [], size: 0, condition: failure(problem) }
}

/** As apimachinery prints several errors; the same one twice is one. */
function aggregate(problems: readonly string[]): string {
  const unique = [...new Set(problems)]
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`
}

function pathsOf(
  { apiVersion = '', kind = '' }: ManifestObject,
  rule: FeedbackRule,
): { readonly paths: readonly JsonPath[]; readonly problem?: string } {
  if (rule.type === 'JSONPaths') return { paths: rule.jsonPaths ?? [] }
  const paths = WELL_KNOWN.get(`${apiVersion} ${kind}`)
  if (paths) return { paths }
  const { group, version } = groupVersionOf(apiVersion)
  const problem = `cannot find the wellknown statuses for resource with gvk ${group}/${version}, Kind=${kind}`
  return { paths: [], problem }
}

const parsed = new Map<string, readonly JsonPathNode[]>()
const MOST_PARSED = 1000
const LONGEST_PARSED = 256

/** Short paths are those that many works and manifests have in common. */
function parsedPath(path: string): readonly JsonPathNode[] {
  const known = parsed.get(path)
  if (known) return known
  const nodes = parseJsonPath(path)
  if (path.length > LONGEST_PARSED) return nodes
  if (parsed.size >= MOST_PARSED) parsed.clear()
  parsed.set(path, nodes)
  return nodes
}

/** A value, undefined where there is none, or what is wrong. */
function valueAt(
  object: ManifestObject,
  path: JsonPath,
  options: FeedbackOptions & { readonly budget: StepBudget },
): FieldValue | string | undefined {
  const { name } = path
  if (path.version && groupVersionOf(object.apiVersion ?? '').version !== path.version)
    return `version set in the path ${name} is not matched for the related resource`
  let nodes: readonly JsonPathNode[]
  try {
    nodes = parsedPath(path.path)
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error
    return `failed to parse json path ${path.path} of ${name} with error: ${error.message}`
  }
  try {
    const found = findByJsonPath(asJson(object), nodes, options.budget)
    if (found.length === 0) return undefined
    return fieldValue(name, options.allowsRawJson && found.length > 1 ? found : (found[0] ?? null), options)
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error
    return `failed to find value for ${name} with error: ${error.message}`
  }
}

function fieldValue(
  name: string,
  value: JsonValue,
  { allowsRawJson, maxRawJsonLength }: FeedbackOptions,
): FieldValue | string | undefined {
  if (value === null) return undefined
  if (typeof value === 'string') return { type: 'String', string: value }
  if (typeof value === 'boolean') return { type: 'Boolean', boolean: value }
  if ((typeof value === 'number' || typeof value === 'bigint') && isInt64(value))
    return { type: 'Integer', integer: value }
  if (!allowsRawJson) return `the type ${goType(value)} of the value for ${name} is not found`
  const jsonRaw = canonicalJson(value)
  if (Buffer.byteLength(jsonRaw) <= maxRawJsonLength) return { type: 'JsonRaw', jsonRaw }
  return `the length of returned json raw string for name ${name} is larger than the maximum length ${maxRawJsonLength}`
}
