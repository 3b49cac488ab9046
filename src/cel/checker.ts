import { type Expression, ExpressionError } from './expression.ts'
import { FUNCTIONS } from './functions/index.ts'
import { type Comprehension, kindOf, typeNamed } from './macros.ts'
import type { FunctionTable } from './overload.ts'
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  INT,
  isAssignable,
  listOf,
  mapOf,
  NULL,
  type ObjectType,
  optionalOf,
  printType,
  STRING,
  sameType,
  substituted,
  TYPE,
  UINT,
} from './types.ts'
import { Uint } from './values.ts'

type Call = Extract<Expression, { readonly op: 'call' }>
export type Scope = ReadonlyMap<string, CelType>

/** The types of which expressions can make messages; undefined for what is none. */
export type MessageTypes = (name: string) => ObjectType | undefined

export interface CheckOptions {
  /** @default none */
  readonly messageTypes?: MessageTypes | undefined
  /** What can be called. @default FUNCTIONS */
  readonly functions?: FunctionTable
}

export interface CheckResult {
  readonly type: CelType
  readonly errors: readonly ExpressionError[]
  /** The variables that are used, other than those that the expression itself names. */
  readonly used: ReadonlySet<string>
}

/** What type an expression has, or why it cannot be evaluated, in cel-go's words (checker). */
export function checkExpression(
  expression: Expression,
  variables: Scope,
  { messageTypes = () => undefined, functions = FUNCTIONS }: CheckOptions = {},
): CheckResult {
  const checker = new Checker(variables, messageTypes, functions)
  const type = checker.check(expression, variables)
  return { type, errors: checker.errors, used: checker.used }
}

class Checker {
  readonly errors: ExpressionError[] = []
  readonly used = new Set<string>()
  readonly #variables: Scope
  readonly #messageTypes: MessageTypes
  readonly #functions: FunctionTable

  constructor(variables: Scope, messageTypes: MessageTypes, functions: FunctionTable) {
    this.#variables = variables
    this.#messageTypes = messageTypes
    this.#functions = functions
  }

  check(expression: Expression, scope: Scope): CelType {
    switch (expression.op) {
      case 'literal':
        return literalType(expression.value)
      case 'name':
        return this.#name(expression.name, expression, scope)
      case 'select':
        if (typeNamed(expression) !== undefined) return TYPE
        return this.#select(expression, scope)
      case 'list':
        return listOf(this.#joined(expression.items, scope))
      case 'map': {
        const keys = this.#joined(
          expression.entries.map(([key]) => key),
          scope,
        )
        return mapOf(
          keys,
          this.#joined(
            expression.entries.map(([, value]) => value),
            scope,
          ),
        )
      }
      case 'message':
        return this.#message(expression, scope)
      case 'call':
        return this.#call(expression, scope)
    }
  }

  #message(expression: Extract<Expression, { op: 'message' }>, scope: Scope): CelType {
    const type = this.#messageTypes(expression.type)
    if (!type) this.#fail(`undeclared reference to '${expression.type}' (in container '')`, expression)
    for (const { name, value, optional, position } of expression.fields) {
      const given = this.check(value, scope)
      const wanted = type?.fields.get(name) ?? type?.rest
      if (!type) continue
      if (!wanted) {
        this.errors.push(new ExpressionError(`undefined field '${name}'`, position))
      } else if (!isAssignable(optional ? optionalOf(wanted) : wanted, given, new Map())) {
        const message = `expected type of field '${name}' is '${printType(wanted)}' but provided type is '${printType(given)}'`
        this.errors.push(new ExpressionError(message, position))
      }
    }
    return type ?? DYN
  }

  #fail(message: string, { position }: Expression): CelType {
    this.errors.push(new ExpressionError(message, position))
    return DYN
  }

  #name(name: string, expression: Expression, scope: Scope): CelType {
    const type = scope.get(name)
    if (type) {
      if (type === this.#variables.get(name)) this.used.add(name)
      return type
    }
    if (typeNamed(expression) !== undefined) return TYPE
    return this.#fail(`undeclared reference to '${name}' (in container '')`, expression)
  }

  #select(expression: Extract<Expression, { op: 'select' }>, scope: Scope): CelType {
    const type = this.check(expression.of, scope)
    const inner = this.#field(type.kind === 'optional' ? type.inner : type, expression)
    return expression.optional || type.kind === 'optional' ? optionalOf(inner) : inner
  }

  #field(type: CelType, expression: Extract<Expression, { op: 'select' }>): CelType {
    if (type.kind === 'dyn' || type.kind === 'param') return DYN
    if (type.kind === 'map') return type.values
    if (type.kind !== 'object')
      return this.#fail(`type '${printType(type)}' does not support field selection`, expression)
    return (
      type.fields.get(expression.field) ??
      type.rest ??
      this.#fail(`undefined field '${expression.field}'`, expression)
    )
  }

  /** The type of what is in a literal; with several, it is dynamic. */
  #joined(items: readonly Expression[], scope: Scope): CelType {
    const types = items.map((item) => this.check(item, scope))
    const [first, ...others] = types
    if (!first) return DYN
    if (others.some((type) => type.kind === 'dyn') || first.kind === 'dyn') return DYN
    const wrong = others.findIndex((type) => !sameType(first, type))
    if (wrong < 0) return first
    const message = `expected type '${printType(first)}' but found '${printType(others[wrong] as CelType)}'`
    return this.#fail(message, items[wrong + 1] as Expression)
  }

  #call(call: Call, scope: Scope): CelType {
    try {
      return this.#macro(call, scope) ?? this.#function(call, scope)
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      this.errors.push(error)
      return DYN
    }
  }

  #macro(call: Call, scope: Scope): CelType | undefined {
    const { presence, comprehension, binding, fallback } = kindOf(call)
    if (presence) {
      this.check(presence, scope)
      return BOOL
    }
    if (binding) {
      const value = this.check(binding.value, scope)
      const bound = binding.kind === 'bind' ? value : value.kind === 'optional' ? value.inner : DYN
      const body = this.check(binding.body, new Map([...scope, [binding.name, { ...bound }]]))
      return binding.kind === 'optMap' ? optionalOf(body) : body
    }
    if (comprehension) return this.#comprehension(comprehension, scope)
    if (!fallback) return undefined
    const optional = this.check(fallback.optional, scope)
    const other = this.check(fallback.fallback, scope)
    if (optional.kind === 'dyn') return DYN
    const wanted =
      fallback.kind === 'or' ? optional : optional.kind === 'optional' ? optional.inner : undefined
    if (!wanted || optional.kind !== 'optional' || !isAssignable(wanted, other, new Map()))
      return this.#fail(noOverload(call.name, [optional, other], true), call)
    return wanted
  }

  #comprehension({ kind, range, names, filter, body }: Comprehension, scope: Scope): CelType {
    const type = this.check(range, scope)
    const types = rangeTypes(type, names.length)
    if (!types) {
      const message = `expression of type '${printType(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`
      return this.#fail(message, range)
    }
    // Copies, so that they are told from variables of the same type.
    const inner: Scope = new Map([
      ...scope,
      ...names.map((name, i) => [name, { ...types[i] } as CelType] as const),
    ])
    if (filter) this.#expectBool(filter, inner)
    switch (kind) {
      case 'all':
      case 'exists':
      case 'existsOne':
        this.#expectBool(body, inner)
        return BOOL
      case 'sort':
        this.check(body, inner)
        return type
      case 'map':
        return mapOf(
          type.kind === 'map' ? type.keys : type.kind === 'list' ? INT : DYN,
          this.check(body, inner),
        )
      case 'mapEntries':
        return this.check(body, inner)
      case 'list':
        return listOf(this.check(body, inner))
    }
  }

  #expectBool(expression: Expression, scope: Scope): void {
    const type = this.check(expression, scope)
    if (type.kind !== 'dyn' && !sameType(type, BOOL))
      this.#fail(`expected type 'bool' but found '${printType(type)}'`, expression)
  }

  #function(call: Call, scope: Scope): CelType {
    const { name, receiver, args } = call
    const { qualified } = kindOf(call)
    const isQualified =
      qualified !== undefined && this.#functions.has(qualified) && !scope.has(receiverName(call))
    const types = args.map((arg) => this.check(arg, scope))
    if (name === '_&&_' || name === '_||_') return this.#logical(call, types)
    if (name === '_?_:_') return this.#conditional(call, types)
    if (name === '_[_]' || name === '_[?_]') return this.#index(call, types)
    const all = receiver && !isQualified ? [this.check(receiver, scope), ...types] : types
    const called = isQualified ? qualified : name
    if (!this.#functions.has(called))
      return this.#fail(`undeclared reference to '${called}' (in container '')`, call)
    return this.#overload(call, called, all, receiver !== undefined && !isQualified)
  }

  #overload(call: Call, name: string, types: readonly CelType[], isMember: boolean): CelType {
    const results: CelType[] = []
    for (const { params, result } of this.#functions.find(name, isMember, types.length)) {
      const bindings = new Map<string, CelType>()
      if (params.every((param, index) => isAssignable(param, types[index] as CelType, bindings)))
        results.push(substituted(result, bindings))
    }
    const [first, ...others] = results
    if (!first) return this.#fail(noOverload(name, types, isMember), call)
    return others.every((type) => sameType(type, first)) ? first : DYN
  }

  #logical(call: Call, types: readonly CelType[]): CelType {
    if (types.every((type) => type.kind === 'dyn' || sameType(type, BOOL))) return BOOL
    types.forEach((type, index) => {
      if (type.kind !== 'dyn' && !sameType(type, BOOL))
        this.#fail(`expected type 'bool' but found '${printType(type)}'`, call.args[index] as Expression)
    })
    return BOOL
  }

  #conditional(call: Call, [condition, a, b]: readonly CelType[]): CelType {
    if (!condition || !a || !b || !isAssignable(BOOL, condition, new Map()))
      return this.#fail(
        noOverload(
          '_?_:_',
          [condition, a, b].filter((type) => type !== undefined),
          false,
        ),
        call,
      )
    const bindings = new Map<string, CelType>()
    const param: CelType = { kind: 'param', name: 'A' }
    if (!isAssignable(param, a, bindings) || !isAssignable(param, b, bindings))
      return this.#fail(noOverload('_?_:_', [condition, a, b], false), call)
    // What is empty becomes what the other one is.
    return substituted(isEmptyLiteral(call.args[1]) ? b : param, bindings)
  }

  #index(call: Call, [of, key]: readonly CelType[]): CelType {
    if (!of || !key) return DYN
    const type = of.kind === 'optional' ? of.inner : of
    const inner = indexed(type, key)
    if (!inner) return this.#fail(noOverload(call.name, [of, key], false), call)
    return call.name === '_[?_]' || of.kind === 'optional' ? optionalOf(inner) : inner
  }
}

function isEmptyLiteral(expression: Expression | undefined): boolean {
  if (expression?.op === 'list') return expression.items.length === 0
  return expression?.op === 'map' && expression.entries.length === 0
}

function receiverName({ receiver }: Call): string {
  return receiver?.op === 'name' ? receiver.name : ''
}

function indexed(type: CelType, key: CelType): CelType | undefined {
  if (type.kind === 'dyn' || type.kind === 'param') return DYN
  if (type.kind === 'list') return isAssignable(INT, key, new Map()) ? type.items : undefined
  if (type.kind === 'map') return isAssignable(type.keys, key, new Map()) ? type.values : undefined
  return undefined
}

function literalType(value: Extract<Expression, { op: 'literal' }>['value']): CelType {
  if (value === null) return NULL
  if (value instanceof Uint) return UINT
  switch (typeof value) {
    case 'boolean':
      return BOOL
    case 'string':
      return STRING
    case 'bigint':
      return INT
    case 'number':
      return DOUBLE
    default:
      return BYTES
  }
}

function rangeTypes(type: CelType, names: number): readonly CelType[] | undefined {
  if (type.kind === 'dyn' || type.kind === 'param') return [DYN, DYN]
  if (type.kind === 'list') return names === 1 ? [type.items] : [INT, type.items]
  return type.kind === 'map' ? [type.keys, type.values] : undefined
}

function noOverload(name: string, types: readonly CelType[], isMember: boolean): string {
  const printed = types.map(printType)
  const applied = isMember ? `${printed[0]}.(${printed.slice(1).join(', ')})` : `(${printed.join(', ')})`
  return `found no matching overload for '${name}' applied to '${applied}'`
}
