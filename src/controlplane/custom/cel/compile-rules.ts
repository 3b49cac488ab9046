import type { Scope } from '../../../cel/checker.ts'
import { compile } from '../../../cel/compile.ts'
import type { Expression } from '../../../cel/expression.ts'
import { BOOL, type CelType, optionalOf, STRING, sameType } from '../../../cel/types.ts'
import { followSchemaPath, SchemaPathError } from '../schema/schema-path.ts'
import type { ValidationRule } from '../schema/schema-props.ts'
import type { Structural } from '../schema/structural.ts'
import { schemaType } from './schema-values.ts'

/** A rule that can be evaluated, or why it cannot. */
export interface CompiledRule {
  readonly rule: ValidationRule
  /** What is wrong with the rule. */
  readonly problem?: string
  readonly messageProblem?: string
  /** The rule is about a change. */
  readonly usesOldSelf: boolean
  /** Undefined for an empty rule, and for one that has a problem. */
  readonly expression?: Expression
  readonly messageExpression?: Expression
  /** Where the rule says that its errors are, from the value on. */
  readonly fieldPath: string
}

/** The rules of one schema (apiserver/schema/cel/compilation.go). `isResource`: it is of a whole object. */
export function compileRules(schema: Structural, isResource: boolean): CompiledRule[] {
  const self = schemaType(schema, isResource)
  return schema.rules.map((rule) => {
    const fieldPath = fieldPathOf(rule, schema)
    if ((rule.rule ?? '').trim() === '') return { rule, usesOldSelf: false, fieldPath }
    if (!self) {
      const problem = 'failed to convert to declType for CEL validation rules'
      return { rule, problem, usesOldSelf: false, fieldPath }
    }
    return compileRule(rule, self, fieldPath)
  })
}

function compileRule(rule: ValidationRule, self: CelType, fieldPath: string): CompiledRule {
  const oldSelf = rule.optionalOldSelf ? optionalOf({ ...self }) : { ...self }
  const scope: Scope = new Map([
    ['self', self],
    ['oldSelf', oldSelf],
  ])
  const compiled = compile(rule.rule ?? '', scope)
  if ('problem' in compiled)
    return { rule, problem: `compilation failed: ${compiled.problem}`, usesOldSelf: false, fieldPath }
  const usesOldSelf = compiled.used.has('oldSelf')
  if (!sameType(compiled.type, BOOL))
    return { rule, problem: 'cel expression must evaluate to a bool', usesOldSelf: false, fieldPath }
  const base = { rule, usesOldSelf, expression: compiled.expression, fieldPath }
  const text = rule.messageExpression ?? ''
  if (text === '') return base
  const message = compile(text, scope)
  if ('problem' in message)
    return { ...base, messageProblem: `messageExpression compilation failed: ${message.problem}` }
  if (!sameType(message.type, STRING))
    return { ...base, messageProblem: 'messageExpression must evaluate to a string' }
  return { ...base, messageExpression: message.expression }
}

function fieldPathOf({ fieldPath = '' }: ValidationRule, schema: Structural): string {
  if (fieldPath === '') return ''
  try {
    return followSchemaPath(fieldPath, schema).path
  } catch (error) {
    if (error instanceof SchemaPathError) return ''
    throw error
  }
}
