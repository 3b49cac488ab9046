/** The values of expressions: those of JavaScript where they mean the same; int is bigint, double is number. */
export type Literal = null | boolean | string | bigint | number | Uint8Array | Uint

export type Value =
  | Literal
  | Timestamp
  | Duration
  | ListValue
  | MapValue
  | ObjectValue
  | TypeValue
  | OptionalValue
  | OpaqueValue

/** An evaluation has failed, as rules may in what they did not foresee. */
export class EvaluationError extends Error {}

export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    if (value < 0n || value >= 2n ** 64n) throw new EvaluationError('unsigned integer overflow')
    this.value = value
  }
}

export class Timestamp {
  /** Since 1970. */
  readonly nanoseconds: bigint
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds
  }
}

export class Duration {
  readonly nanoseconds: bigint
  constructor(nanoseconds: bigint) {
    if (nanoseconds >= 2n ** 63n || nanoseconds < -(2n ** 63n)) throw new EvaluationError('duration overflow')
    this.nanoseconds = nanoseconds
  }
}

/** How the items of a list are told apart; a list of values has no such. */
export interface ListIdentity {
  readonly kind: 'set' | 'map'
  /** Of a map, what its items are known by. */
  key(item: Value): string
}

/** Items are made when they are asked for. */
export class ListValue {
  readonly size: number
  readonly identity: ListIdentity | undefined
  readonly #make: (index: number) => Value
  readonly #made: (Value | undefined)[] = []

  constructor(size: number, make: (index: number) => Value, identity?: ListIdentity) {
    this.size = size
    this.#make = make
    this.identity = identity
  }

  static of(values: readonly Value[], identity?: ListIdentity): ListValue {
    return new ListValue(values.length, (index) => values[index] as Value, identity)
  }

  at(index: number): Value {
    let value = this.#made[index]
    if (value === undefined) {
      value = this.#make(index)
      this.#made[index] = value
    }
    return value
  }

  *[Symbol.iterator](): Generator<Value> {
    for (let index = 0; index < this.size; index++) yield this.at(index)
  }
}

/** Keys are strings, ints, uints or booleans; numbers that are equal are the same key. */
export class MapValue {
  readonly #entries: ReadonlyMap<string, readonly [key: Value, make: () => Value]>

  constructor(entries: ReadonlyMap<string, readonly [key: Value, make: () => Value]>) {
    this.#entries = entries
  }

  /** @throws EvaluationError when a key is there twice, or can be none */
  static of(entries: Iterable<readonly [key: Value, value: Value]>): MapValue {
    const known = new Map<string, readonly [Value, () => Value]>()
    for (const [key, value] of entries) {
      const id = keyId(key)
      if (id === undefined) throw new EvaluationError('unsupported key type')
      if (known.has(id)) throw new EvaluationError(`insert failed: key ${String(key)} already exists`)
      known.set(id, [key, () => value])
    }
    return new MapValue(known)
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: Value): Value | undefined {
    const id = keyId(key)
    return id === undefined ? undefined : this.#entries.get(id)?.[1]()
  }

  keys(): Value[] {
    return [...this.#entries.values()].map(([key]) => key)
  }
}

export function keyId(key: Value): string | undefined {
  if (typeof key === 'string') return `s${key}`
  if (typeof key === 'boolean') return `b${key}`
  if (typeof key === 'bigint') return `n${key}`
  if (key instanceof Uint) return `n${key.value}`
  return typeof key === 'number' && Number.isInteger(key) ? `n${BigInt(key)}` : undefined
}

/** Has the fields that its schema declares. */
export class ObjectValue {
  readonly #has: (field: string) => boolean
  readonly #get: (field: string) => Value
  readonly #fields: () => readonly string[]

  constructor(access: {
    readonly has: (field: string) => boolean
    readonly get: (field: string) => Value
    /** Those that are there. */
    readonly fields: () => readonly string[]
  }) {
    this.#has = access.has
    this.#get = access.get
    this.#fields = access.fields
  }

  get(field: string): Value | undefined {
    return this.#has(field) ? this.#get(field) : undefined
  }

  fields(): readonly string[] {
    return this.#fields()
  }
}

/** What an expression has made by naming a type and fields: `Type{field: value}`. */
export class MessageValue extends ObjectValue {
  readonly typeName: string

  constructor(typeName: string, fields: ReadonlyMap<string, Value>) {
    super({
      has: (field) => fields.has(field),
      get: (field) => fields.get(field) ?? null,
      fields: () => [...fields.keys()],
    })
    this.typeName = typeName
  }
}

export class TypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export class OptionalValue {
  static readonly NONE = new OptionalValue(undefined)
  readonly value: Value | undefined
  constructor(value: Value | undefined) {
    this.value = value
  }
}

/** A value of a library, that only its own functions look into. */
export abstract class OpaqueValue {
  abstract readonly typeName: string
  abstract equals(other: OpaqueValue): boolean
}

export function typeNameOf(value: Value): string {
  if (value === null) return 'null_type'
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
  }
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Uint) return 'uint'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof ListValue) return 'list'
  if (value instanceof MapValue) return 'map'
  if (value instanceof MessageValue) return value.typeName
  if (value instanceof ObjectValue) return 'object'
  if (value instanceof TypeValue) return 'type'
  return value instanceof OptionalValue ? 'optional_type' : value.typeName
}

/** A number of any type as one that JavaScript compares with others. */
export function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  return value instanceof Uint ? value.value : undefined
}
