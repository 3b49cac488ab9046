import type { Frame } from '../../../cel/evaluator.ts'
import { MatchConditions } from '../cel/match-conditions.ts'
import { type CompiledMutation, compileMutation } from './mutation.ts'
import { policyScope } from './params.ts'
import type { PolicyObject } from './policy-objects.ts'
import { compileVariables } from './variables.ts'

/** A policy that mutates, with its expressions ready to be evaluated (k8s.io/apiserver, policy/mutating). */
export class MutatingPolicy {
  readonly object: PolicyObject
  readonly mutations: readonly CompiledMutation[]
  readonly #conditions: MatchConditions

  constructor(object: PolicyObject) {
    const { variables = [], matchConditions = [], mutations = [], failurePolicy } = object.spec
    const scope = policyScope(object)
    const compiled = compileVariables(variables, scope)
    this.object = object
    this.#conditions = new MatchConditions(matchConditions, { failurePolicy, scope })
    this.mutations = mutations.map((each) => compileMutation(each, compiled))
  }

  get name(): string {
    return this.object.metadata.name ?? ''
  }

  get ignoresFailures(): boolean {
    return this.object.spec.failurePolicy === 'Ignore'
  }

  get isReinvoked(): boolean {
    return this.object.spec.reinvocationPolicy === 'IfNeeded'
  }

  /** @throws ExpressionFailure */
  matches(names: Frame): boolean {
    return this.#conditions.match(names)
  }
}
