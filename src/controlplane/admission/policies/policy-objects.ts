import type { JsonObject } from '../../api/json.ts'
import type { MatchCondition, MatchResources, Selector } from '../../kinds/admissionregistration/index.ts'
import type { KubeObject } from '../../registry/index.ts'

/** Policies and bindings that have been validated, with their defaults. */

export interface Validation extends JsonObject {
  readonly expression: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
}

export interface ParamKind extends JsonObject {
  readonly apiVersion: string
  readonly kind: string
}

export interface Mutation extends JsonObject {
  readonly patchType: string
  readonly applyConfiguration?: JsonObject & { readonly expression: string }
  readonly jsonPatch?: JsonObject & { readonly expression: string }
}

export interface PolicyObject extends KubeObject {
  readonly spec: JsonObject & {
    readonly paramKind?: ParamKind
    readonly matchConstraints?: MatchResources
    readonly variables?: readonly (JsonObject & { readonly name: string; readonly expression: string })[]
    readonly failurePolicy?: string
    readonly matchConditions?: readonly MatchCondition[]
    /** Of a policy that validates. */
    readonly validations?: readonly Validation[]
    /** Of a policy that mutates, as is the next one. */
    readonly mutations?: readonly Mutation[]
    readonly reinvocationPolicy?: string
  }
}

export interface ParamRef extends JsonObject {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: Selector
  readonly parameterNotFoundAction?: string
}

export interface BindingObject extends KubeObject {
  readonly spec: JsonObject & {
    readonly policyName: string
    readonly paramRef?: ParamRef
    readonly matchResources?: MatchResources
    readonly validationActions?: readonly string[]
  }
}
