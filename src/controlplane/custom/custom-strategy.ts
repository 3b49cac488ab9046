import { CostBudget } from '../../cel/cost.ts'
import { type Draft, membersOf, setMember } from '../../common/json-tools.ts'
import { type FieldError, invalid } from '../api/field-error.ts'
import type { JsonObject, JsonValue } from '../api/json.ts'
import { type KubeObject, type Strategy, subdomainProblems } from '../registry/index.ts'
import { RuleValidator } from './cel/rule-validator.ts'
import { printed, ROOT } from './field-path.ts'
import type { ScaleMapping } from './scale.ts'
import { Correlation } from './schema/correlation.ts'
import { withSchemaDefaults } from './schema/defaults.ts'
import { innerEmbeddedErrors } from './schema/embedded-resources.ts'
import { listTypeErrors } from './schema/list-types.ts'
import { pruneResource } from './schema/prune.ts'
import type { Structural } from './schema/structural.ts'
import { valueErrors } from './schema/value-validator.ts'

/** What a version of a definition says of its objects. */
export interface CustomRules {
  readonly schema: Structural | undefined
  readonly hasStatus: boolean
  readonly scale: ScaleMapping | undefined
}

/** The rules of custom objects (pkg/registry/customresource/strategy.go). */
export function customStrategy(rules: CustomRules): Strategy {
  const { schema, hasStatus } = rules
  const checks = new ObjectChecks(rules)
  return {
    countsGenerations: true,
    // A status that is written with all the rest is a field like all others, and one that is not does not change with them.
    wanted: ({ metadata: _, ...rest }) => rest,
    allowsUnconditionalUpdate: false,
    allowsCreateOnUpdate: false,
    withDefaults: (object) =>
      schema
        ? (withSchemaDefaults(pruneResource(object, schema, 'drop').object, schema) as KubeObject)
        : object,
    validateName: subdomainProblems,
    prepareForCreate: (object) => (hasStatus ? withStatus(object, undefined) : object),
    prepareForUpdate: (object, old) => (hasStatus ? withStatus(object, statusOf(old)) : object),
    validate: (object) => checks.errors(object),
    validateUpdate: (object, old) => checks.updateErrors(object, old),
  }
}

/** A write to `/status` changes nothing else. */
export function customStatusStrategy(rules: CustomRules): Strategy {
  const checks = new ObjectChecks(rules)
  return {
    ...customStrategy(rules),
    wanted: () => ({}),
    prepareForUpdate: (object, old) => {
      const { managedFields } = object.metadata
      const metadata = { ...old.metadata, ...(managedFields ? { managedFields } : {}) }
      return withStatus({ ...old, metadata }, statusOf(object))
    },
    validateUpdate: (object, old) => checks.statusUpdateErrors(object, old),
  }
}

function statusOf(object: KubeObject): JsonValue | undefined {
  return Object.hasOwn(object, 'status') ? (object.status as JsonValue | undefined) : undefined
}

/** With members in the order of their names, as custom objects are written. */
function withStatus(object: KubeObject, status: JsonValue | undefined): KubeObject {
  const members = membersOf(object).filter(([name]) => name !== 'status')
  if (status !== undefined) members.push(['status', status])
  const draft: Draft = {}
  for (const [name, value] of members.sort(([a], [b]) => (a < b ? -1 : 1))) setMember(draft, name, value)
  return draft as KubeObject
}

class ObjectChecks {
  readonly #schema: Structural | undefined
  readonly #scale: ScaleMapping | undefined
  readonly #rules: RuleValidator | undefined

  constructor({ schema, scale }: CustomRules) {
    this.#schema = schema
    this.#scale = scale
    this.#rules = schema && RuleValidator.of(schema, true)
  }

  errors(object: KubeObject): FieldError[] {
    return this.#withRules(object, undefined, undefined, [
      ...(this.#schema ? valueErrors(this.#schema, object, ROOT) : []),
      ...(this.#scale?.specErrors(object) ?? []),
      ...(this.#scale?.statusErrors(object) ?? []),
      ...innerEmbeddedErrors(this.#schema, object, ROOT),
      ...listTypeErrors(this.#schema, object, ROOT),
    ])
  }

  updateErrors(object: KubeObject, old: KubeObject): FieldError[] {
    const correlation = new Correlation(object, old, this.#schema)
    return this.#withRules(object, old, correlation, [
      ...(this.#schema ? valueErrors(this.#schema, object, ROOT, correlation) : []),
      ...(this.#scale?.specErrors(object) ?? []),
      ...(this.#scale?.statusErrors(object) ?? []),
      ...innerEmbeddedErrors(this.#schema, object, ROOT),
      ...this.#newListTypeErrors(object, old),
    ])
  }

  statusUpdateErrors(object: KubeObject, old: KubeObject): FieldError[] {
    const correlation = new Correlation(object, old, this.#schema)
    const status = statusOf(object)
    const schema = this.#schema?.properties.get('status')
    return this.#withRules(object, old, correlation, [
      ...(schema && status !== undefined
        ? valueErrors(schema, status, 'status', correlation.field('status'))
        : []),
      ...(this.#scale?.statusErrors(object) ?? []),
      ...this.#newListTypeErrors(object, old),
    ])
  }

  /** Lists that had duplicates before may have them still. */
  #newListTypeErrors(object: JsonObject, old: JsonObject): FieldError[] {
    const errors = listTypeErrors(this.#schema, object, ROOT)
    return errors.length > 0 && listTypeErrors(this.#schema, old, ROOT).length > 0 ? [] : errors
  }

  /** Rules are written for objects that are as their schema says. */
  #withRules(
    object: KubeObject,
    old: KubeObject | undefined,
    correlation: Correlation | undefined,
    errors: FieldError[],
  ): FieldError[] {
    if (!this.#rules) return errors
    if (errors.some(({ reason }) => BLOCKING_REASONS.has(reason))) {
      const detail =
        'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
      return [...errors, invalid(printed(ROOT), null, detail)]
    }
    return [...errors, ...this.#rules.errors(object, old, ROOT, new CostBudget(), correlation)]
  }
}

const BLOCKING_REASONS: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
