import type { MessageTypes, Scope } from '../../../cel/checker.ts'
import { CostBudget, CostLimitExceeded, CostMeter } from '../../../cel/cost.ts'
import type { Frame } from '../../../cel/evaluator.ts'
import { jsonOfValue } from '../../../cel/json-of-value.ts'
import { DYN, listOf, type ObjectType, STRING } from '../../../cel/types.ts'
import { EvaluationError, ListValue, MessageValue, typeNameOf, type Value } from '../../../cel/values.ts'
import type { JsonObject, JsonValue } from '../../api/json.ts'
import { StatusError } from '../../api/status.ts'
import { MergeProblem, mergeConfiguration, type Schema } from '../../apply/index.ts'
import { applyJsonPatch, FailedPatchTest } from '../../patch/index.ts'
import type { KubeObject } from '../../registry/index.ts'
import {
  type AdmissionExpression,
  compileAdmission,
  ExpressionFailure,
  evaluateAdmission,
} from '../cel/expression.ts'
import type { Mutation } from './policy-objects.ts'
import { type CompiledVariables, VariableValues } from './variables.ts'

const OBJECT = 'Object'

const JSON_PATCH: ObjectType = {
  kind: 'object',
  name: 'JSONPatch',
  fields: new Map([
    ['op', STRING],
    ['path', STRING],
    ['from', STRING],
    ['value', DYN],
  ]),
}

/** Of `Object`, and of `Object.spec` and whatever else is in it, nothing is known until it is merged. */
const PATCH_TYPES: MessageTypes = (name) => {
  if (name === JSON_PATCH.name) return JSON_PATCH
  return name === OBJECT || name.startsWith(`${OBJECT}.`) ? objectType(name) : undefined
}

function objectType(name: string): ObjectType {
  return { kind: 'object', name, fields: new Map(), rest: DYN }
}

/** What an expression makes of an object (k8s.io/apiserver, policy/mutating/patch). */
export interface CompiledMutation {
  /**
   * `schema` is that of the object. Names of variables are not among `names`.
   *
   * @throws ExpressionFailure
   */
  patched(object: KubeObject, schema: Schema, names: Frame): JsonObject
}

export function compileMutation(mutation: Mutation, variables: CompiledVariables): CompiledMutation {
  const { patchType, jsonPatch, applyConfiguration } = mutation
  return patchType === 'JSONPatch'
    ? jsonPatchMutation(jsonPatch?.expression ?? '', variables)
    : applyMutation(applyConfiguration?.expression ?? '', variables)
}

function applyMutation(text: string, variables: CompiledVariables): CompiledMutation {
  const expression = compiled(text, variables.scope, objectType(OBJECT))
  return {
    patched(object, schema, names) {
      const value = evaluated(expression, variables, names)
      if (!(value instanceof MessageValue))
        throw new ExpressionFailure(
          `unsupported return type from ApplyConfiguration expression: ${typeNameOf(value)}`,
        )
      const configuration = jsonOf(value, new CostMeter()) as JsonObject
      const { apiVersion, kind } = object
      try {
        return mergeConfiguration(schema, object, { ...configuration, apiVersion, kind })
      } catch (error) {
        if (error instanceof MergeProblem)
          throw new ExpressionFailure(`error applying patch: ${error.message}`)
        throw error
      }
    },
  }
}

function jsonPatchMutation(text: string, variables: CompiledVariables): CompiledMutation {
  const expression = compiled(text, variables.scope, listOf(JSON_PATCH))
  return {
    patched(object, _, names) {
      const value = evaluated(expression, variables, names)
      if (!(value instanceof ListValue))
        throw new ExpressionFailure('type mismatch: JSONPatchType.expression should evaluate to array')
      const meter = new CostMeter()
      const patch = Array.from(value, (each) => operationOf(each, meter))
      try {
        return applyJsonPatch(object, patch)
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        const { cause } = error
        if (cause instanceof FailedPatchTest) return object
        throw new ExpressionFailure(`JSON Patch: ${cause instanceof Error ? cause.message : error.message}`)
      }
    },
  }
}

function compiled(
  text: string,
  scope: Scope,
  result: ObjectType | ReturnType<typeof listOf>,
): AdmissionExpression {
  return compileAdmission(text, scope, [result], PATCH_TYPES)
}

function evaluated(expression: AdmissionExpression, variables: CompiledVariables, names: Frame): Value {
  const values = new VariableValues(variables, names)
  return evaluateAdmission(expression, values.frame, new CostBudget(), values.newMeter())
}

/** One operation of a JSON Patch, with those of its members that it has. */
function operationOf(value: Value, meter: CostMeter): JsonValue {
  if (!(value instanceof MessageValue) || value.typeName !== JSON_PATCH.name)
    throw new ExpressionFailure(
      'type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch',
    )
  const [op, path, from = ''] = ['op', 'path', 'from'].map((name) => value.get(name) as string | undefined)
  const given = value.get('value')
  return {
    op: op ?? '',
    path: path ?? '',
    ...(from === '' ? {} : { from }),
    ...(given === undefined ? {} : { value: jsonOf(given, meter) }),
  }
}

function jsonOf(value: Value, meter: CostMeter): JsonValue {
  try {
    return jsonOfValue(value, meter)
  } catch (error) {
    if (!(error instanceof EvaluationError || error instanceof CostLimitExceeded)) throw error
    throw new ExpressionFailure(error.message)
  }
}
