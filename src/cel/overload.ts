import type { CostMeter } from './cost.ts'
import { type CelType, parseType, splitTypes } from './types.ts'
import {
  ListValue,
  MapValue,
  ObjectValue,
  OpaqueValue,
  OptionalValue,
  typeNameOf,
  type Value,
} from './values.ts'

/** What a function does: the receiver is the first argument. Its own work is charged beside the one unit that a call costs. */
export type Implementation = (args: readonly Value[], meter: CostMeter) => Value

export interface Overload {
  readonly params: readonly CelType[]
  readonly result: CelType
  readonly run: Implementation
}

/** The overloads of functions, by name, way of calling and number of arguments. */
export class FunctionTable {
  readonly #overloads: Map<string, Overload[]>
  readonly #names: Set<string>

  /** Begins with all that is in another table. */
  constructor(base?: FunctionTable) {
    this.#overloads = new Map(base ? base.#overloads : [])
    this.#names = new Set(base ? base.#names : [])
  }

  /**
   * `string.size(): int` is called on a string, `size(string): int` with one, and `math::max(int): int` is a global function whose
   * name has a dot.
   */
  add(signature: string, run: Implementation): this {
    const [, target, name = '', params = '', result = ''] =
      /^(?:([a-z]+(?:\(.*?\))?)\.)?([\w@!?[\]:<>=+*/%&|-]+)\((.*)\): (.*)$/.exec(signature) ?? []
    const types = splitTypes(params).map(parseType)
    const all = target === undefined ? types : [parseType(target), ...types]
    const key = keyOf(name.replace('::', '.'), target !== undefined, all.length)
    const known = this.#overloads.get(key) ?? []
    this.#overloads.set(key, [...known, { params: all, result: parseType(result), run }])
    this.#names.add(name.replace('::', '.'))
    return this
  }

  /** Whether there is a function of the name, however it is called. */
  has(name: string): boolean {
    return this.#names.has(name)
  }

  find(name: string, isMember: boolean, argumentCount: number): readonly Overload[] {
    return this.#overloads.get(keyOf(name, isMember, argumentCount)) ?? []
  }
}

function keyOf(name: string, isMember: boolean, argumentCount: number): string {
  return `${isMember ? '.' : ''}${name}/${argumentCount}`
}

const RUNTIME_NAMES: Readonly<Record<string, string>> = {
  null: 'null_type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
}

/** Whether a value is of a type; of what is within, only of lists that are not too long to be looked through. */
export function isOfType(value: Value, type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return true
    case 'list':
      return value instanceof ListValue && (value.size === 0 || isOfType(value.at(0), type.items))
    case 'map':
      return value instanceof MapValue
    case 'optional':
      return value instanceof OptionalValue
    case 'object':
      return value instanceof ObjectValue
    case 'simple':
      if (value instanceof OpaqueValue) return value.typeName === type.name
      return typeNameOf(value) === (RUNTIME_NAMES[type.name] ?? type.name)
  }
}
