import { dotted, type Expression, ExpressionError } from './expression.ts'

type Call = Extract<Expression, { readonly op: 'call' }>

/** A loop over a list or a map, with a name for each item, or two for its index or key and for itself. */
export interface Comprehension {
  readonly kind: 'all' | 'exists' | 'existsOne' | 'list' | 'map' | 'mapEntries' | 'sort'
  readonly range: Expression
  readonly names: readonly string[]
  /** What items must be, for those that make something of them. */
  readonly filter: Expression | undefined
  readonly body: Expression
}

interface Shape {
  readonly kind: Comprehension['kind']
  /** How many names there are. */
  readonly names: 1 | 2
  readonly isFiltered: boolean
  /** The body is the item, and what stands in its place is the filter. */
  readonly isFilterOnly?: boolean
}

/** By name and number of arguments. */
const SHAPES: Readonly<Record<string, Shape>> = {
  'all/2': { kind: 'all', names: 1, isFiltered: false },
  'all/3': { kind: 'all', names: 2, isFiltered: false },
  'exists/2': { kind: 'exists', names: 1, isFiltered: false },
  'exists/3': { kind: 'exists', names: 2, isFiltered: false },
  'exists_one/2': { kind: 'existsOne', names: 1, isFiltered: false },
  'existsOne/2': { kind: 'existsOne', names: 1, isFiltered: false },
  'existsOne/3': { kind: 'existsOne', names: 2, isFiltered: false },
  'exists_one/3': { kind: 'existsOne', names: 2, isFiltered: false },
  'map/2': { kind: 'list', names: 1, isFiltered: false },
  'map/3': { kind: 'list', names: 1, isFiltered: true },
  'filter/2': { kind: 'list', names: 1, isFiltered: true, isFilterOnly: true },
  'transformList/3': { kind: 'list', names: 2, isFiltered: false },
  'transformList/4': { kind: 'list', names: 2, isFiltered: true },
  'transformMap/3': { kind: 'map', names: 2, isFiltered: false },
  'transformMap/4': { kind: 'map', names: 2, isFiltered: true },
  'transformMapEntry/3': { kind: 'mapEntries', names: 2, isFiltered: false },
  'transformMapEntry/4': { kind: 'mapEntries', names: 2, isFiltered: true },
  'sortBy/2': { kind: 'sort', names: 1, isFiltered: false },
}

/** Undefined for calls that are something else. @throws ExpressionError */
function comprehensionOf({ name, receiver, args, position }: Call): Comprehension | undefined {
  const key = `${name}/${args.length}`
  const shape = Object.hasOwn(SHAPES, key) ? SHAPES[key] : undefined
  if (!shape || !receiver) return undefined
  const names = args.slice(0, shape.names).map((each) => {
    if (each.op !== 'name') throw new ExpressionError('argument must be a simple name', each.position)
    return each.name
  })
  if (new Set(names).size < names.length)
    throw new ExpressionError(`duplicate variable name: ${names[0]}`, position)
  const [first, second] = args.slice(shape.names) as [Expression, Expression?]
  const item = args[0] as Expression
  const filter = shape.isFiltered ? first : undefined
  const body = shape.isFilterOnly ? item : shape.isFiltered ? (second as Expression) : first
  return { kind: shape.kind, range: receiver, names, filter, body }
}

/** `cel.bind(name, value, body)`, and `optional.optMap(name, body)`: a name for a value. */
export interface Binding {
  readonly kind: 'bind' | 'optMap' | 'optFlatMap'
  readonly name: string
  readonly value: Expression
  readonly body: Expression
}

function bindingOf({ name, receiver, args }: Call): Binding | undefined {
  const [first, second, third] = args
  if (!receiver || first?.op !== 'name' || !second) return undefined
  if (name === 'bind' && third && receiver.op === 'name' && receiver.name === 'cel')
    return { kind: 'bind', name: first.name, value: second, body: third }
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2)
    return { kind: name, name: first.name, value: receiver, body: second }
  return undefined
}

/** What `has(a.b)` asks for. @throws ExpressionError when it is no field */
function presenceOf({ name, receiver, args, position }: Call) {
  const [field] = args
  if (name !== 'has' || receiver || args.length !== 1) return undefined
  if (field?.op !== 'select')
    throw new ExpressionError('invalid argument to has() macro', field?.position ?? position)
  return field
}

/** `a.or(b)` and `a.orValue(b)`, of which `b` is only looked at when `a` has no value. */
function fallbackOf({ name, receiver, args }: Call) {
  const [fallback] = args
  if (!receiver || !fallback || args.length !== 1 || (name !== 'or' && name !== 'orValue')) return undefined
  return { kind: name, optional: receiver, fallback } as const
}

/** The name of a function whose name has a dot: `sets.contains`. */
function qualifiedName({ name, receiver }: Call): string | undefined {
  return receiver?.op === 'name' ? `${receiver.name}.${name}` : undefined
}

const TYPE_NAMES = new Set([
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'bytes',
  'list',
  'map',
  'null_type',
  'type',
  'optional_type',
])
const QUALIFIED_TYPE_NAMES = new Set([
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
  'net.IP',
  'net.CIDR',
])

/** The type that an expression names. */
export function typeNamed(expression: Expression): string | undefined {
  if (expression.op === 'name') return TYPE_NAMES.has(expression.name) ? expression.name : undefined
  const text = dotted(expression)
  return text !== undefined && QUALIFIED_TYPE_NAMES.has(text) ? text : undefined
}

/** What a call is, which is asked at every evaluation and so remembered. */
export interface CallKind {
  readonly presence: ReturnType<typeof presenceOf>
  readonly comprehension: Comprehension | undefined
  readonly binding: Binding | undefined
  readonly fallback: ReturnType<typeof fallbackOf>
  readonly qualified: string | undefined
  /** None of the others but perhaps `qualified`. */
  readonly isFunction: boolean
}

const kinds = new WeakMap<Call, CallKind>()

/** @throws ExpressionError */
export function kindOf(call: Call): CallKind {
  const known = kinds.get(call)
  if (known) return known
  const presence = presenceOf(call)
  const comprehension = comprehensionOf(call)
  const binding = bindingOf(call)
  const fallback = fallbackOf(call)
  const isFunction = !presence && !comprehension && !binding && !fallback
  const kind = { presence, comprehension, binding, fallback, qualified: qualifiedName(call), isFunction }
  kinds.set(call, kind)
  return kind
}
