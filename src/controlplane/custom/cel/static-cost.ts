import type { Expression } from '../../../cel/expression.ts'
import { type Comprehension, kindOf, typeNamed } from '../../../cel/macros.ts'
import type { SizedType } from './sized-type.ts'

/** Costs of github.com/google/cel-go, checker/cost.go. */
const LIST_COST = 10
const MAP_COST = 30
const MESSAGE_COST = 40
const PER_CHARACTER = 0.1
const PER_PATTERN_CHARACTER = 0.25

/**
 * What is known of the value of an expression. A size is the largest that it can have, and 0 where nothing is known: where the
 * original takes the worst for granted, nothing is, so that no rule is refused that the original allows.
 */
interface Estimate {
  readonly cost: number
  readonly size: number
  readonly type: Pick<SizedType, 'kind' | 'element' | 'fields'> | undefined
}

type Sizes = ReadonlyMap<string, Omit<Estimate, 'cost'>>
type Call = Extract<Expression, { readonly op: 'call' }>

const NOTHING = { size: 0, type: undefined }
const TEXT = { kind: 'string' } as const
const LIST = { kind: 'list' } as const
const MAP = { kind: 'map' } as const

/** The most that an evaluation of a rule can cost, or less, when `self` is of the type. */
export function staticCost(expression: Expression, self: SizedType): number {
  const known = { size: self.maxSize, type: self }
  return estimate(
    expression,
    new Map([
      ['self', known],
      ['oldSelf', known],
    ]),
  ).cost
}

function estimate(expression: Expression, sizes: Sizes): Estimate {
  switch (expression.op) {
    case 'literal': {
      const { value } = expression
      if (typeof value === 'string') return { cost: 0, size: [...value].length, type: TEXT }
      if (value instanceof Uint8Array) return { cost: 0, size: value.length, type: TEXT }
      return { cost: 0, size: value === null ? 0 : 1, type: { kind: 'scalar' } }
    }
    case 'name':
      return { cost: 1, ...(sizes.get(expression.name) ?? NOTHING) }
    case 'select':
      return selected(expression, sizes)
    case 'list':
      return { cost: LIST_COST + sumOf(expression.items, sizes), size: expression.items.length, type: LIST }
    case 'map':
      return {
        cost: MAP_COST + sumOf(expression.entries.flat(), sizes),
        size: expression.entries.length,
        type: MAP,
      }
    case 'message':
      return {
        cost:
          MESSAGE_COST +
          sumOf(
            expression.fields.map(({ value }) => value),
            sizes,
          ),
        ...NOTHING,
      }
    case 'call':
      return called(expression, sizes)
  }
}

function sumOf(expressions: readonly Expression[], sizes: Sizes): number {
  return expressions.reduce((sum, each) => sum + estimate(each, sizes).cost, 0)
}

function selected(expression: Extract<Expression, { op: 'select' }>, sizes: Sizes): Estimate {
  if (typeNamed(expression) !== undefined) return { cost: 0, ...NOTHING }
  const of = estimate(expression.of, sizes)
  const { kind, fields, element } = of.type ?? {}
  if (expression.optional || (kind !== 'object' && kind !== 'map')) return { cost: of.cost, ...NOTHING }
  return { cost: of.cost + 1, ...sizeOf(kind === 'map' ? element : fields?.get(expression.field)) }
}

function sizeOf(type: SizedType | undefined): Omit<Estimate, 'cost'> {
  return type ? { size: type.maxSize, type } : NOTHING
}

function called(call: Call, sizes: Sizes): Estimate {
  const { presence, comprehension, binding, fallback, qualified, isFunction } = kindOf(call)
  if (comprehension) return comprehended(comprehension, sizes)
  // That there is something costs nothing, what it is looked for in does.
  if (presence) return { cost: Math.max(0, estimate(presence.of, sizes).cost - 1), ...NOTHING }
  if (binding) {
    const value = estimate(binding.value, sizes)
    const known = binding.kind === 'bind' ? value : NOTHING
    const body = estimate(binding.body, new Map([...sizes, [binding.name, known]]))
    return { ...body, cost: value.cost + body.cost }
  }
  if (fallback) return { cost: estimate(fallback.optional, sizes).cost, ...NOTHING }
  const args = call.args.map((each) => estimate(each, sizes))
  const isNamespace =
    !isFunction || (qualified !== undefined && call.receiver?.op === 'name' && !sizes.has(call.receiver.name))
  const target = call.receiver && !isNamespace ? estimate(call.receiver, sizes) : undefined
  const given = args.reduce((sum, { cost }) => sum + cost, target?.cost ?? 0)
  if (target) return method(call.name, target, args, given)
  return operation(call.name, args, given)
}

function method(
  name: string,
  target: Estimate,
  [first = { cost: 0, ...NOTHING }]: readonly Estimate[],
  given: number,
): Estimate {
  const isText = target.type?.kind === 'string'
  const none = (cost: number) => ({ cost: given + cost, ...NOTHING })
  switch (name) {
    case 'contains':
      return none(isText ? traversed(target.size) * traversed(first.size) : 0)
    case 'matches':
      return none(isText ? traversed(target.size + 1) * Math.ceil(first.size * PER_PATTERN_CHARACTER) : 0)
    case 'startsWith':
    case 'endsWith':
      return none(traversed(first.size))
    case 'size':
      return none(1)
    default:
      return none(0)
  }
}

function operation(name: string, args: readonly Estimate[], given: number): Estimate {
  const [a, b, c] = args
  const none = (cost: number) => ({ cost: given + cost, ...NOTHING })
  switch (name) {
    case '_&&_':
    case '_||_':
      return none(0)
    case '_?_:_': {
      if (!a || !b || !c) return none(0)
      const type = b.type?.kind === c.type?.kind ? b.type : undefined
      return { cost: a.cost + Math.max(b.cost, c.cost), size: type ? Math.max(b.size, c.size) : 0, type }
    }
    case '_[_]':
      return { cost: given + 1, ...sizeOf(a?.type?.element) }
    case '_==_':
    case '_!=_':
      return none(a && b ? traversed(Math.min(a.size, b.size)) : 0)
    case '@in':
      return none(b?.type?.kind === 'list' ? b.size : 0)
    case '_+_': {
      const size = (a?.size ?? 0) + (b?.size ?? 0)
      if (a?.type?.kind === 'string' && b?.type?.kind === 'string')
        return { cost: given + traversed(size), size, type: TEXT }
      return a?.type?.kind === 'list' && b?.type?.kind === 'list'
        ? { cost: given + 1, size, type: LIST }
        : none(1)
    }
    case 'dyn':
      return a ? { ...a, cost: given + 1 } : none(1)
    case 'size':
    case '!_':
      return none(1)
    default:
      return none(0)
  }
}

function traversed(size: number): number {
  return Math.ceil(size * PER_CHARACTER)
}

/** What each kind of loop costs for each item besides its body, and once. */
const LOOPS: Readonly<Record<Comprehension['kind'], { readonly step: number; readonly once: number }>> = {
  all: { step: 3, once: 1 },
  exists: { step: 4, once: 1 },
  existsOne: { step: 2, once: 1 },
  list: { step: 12, once: LIST_COST + 1 },
  map: { step: 1, once: 1 },
  mapEntries: { step: 0, once: 1 },
  sort: { step: 0, once: 0 },
}

function comprehended({ kind, range, names, filter, body }: Comprehension, sizes: Sizes): Estimate {
  const over = estimate(range, sizes)
  const { kind: container, element } = over.type ?? {}
  const item = sizeOf(element)
  const isSingle = names.length === 1
  const [first = '', second = ''] = names
  const inner = new Map(sizes)
  // Keys have no limit that the schema knows of.
  inner.set(first, isSingle && container === 'list' ? item : NOTHING)
  if (!isSingle) inner.set(second, item)
  const filtered = filter ? estimate(filter, inner).cost : 0
  const { step, once } = LOOPS[kind]
  const each = step + filtered + estimate(body, inner).cost
  const isContainer = kind === 'list' || kind === 'map'
  return {
    cost: over.cost + once + over.size * each,
    size: isContainer ? over.size : 0,
    type: kind === 'list' ? LIST : kind === 'map' ? MAP : undefined,
  }
}
