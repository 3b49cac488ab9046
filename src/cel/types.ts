/** The types of expressions, as far as they are known before an evaluation. */
export type CelType =
  | { readonly kind: 'simple'; readonly name: string }
  | { readonly kind: 'dyn' }
  | { readonly kind: 'list'; readonly items: CelType }
  | { readonly kind: 'map'; readonly keys: CelType; readonly values: CelType }
  | { readonly kind: 'optional'; readonly inner: CelType }
  | ObjectType
  /** Stands for any one type in a signature. */
  | { readonly kind: 'param'; readonly name: string }

export interface ObjectType {
  readonly kind: 'object'
  readonly name: string
  /** By their escaped names. */
  readonly fields: ReadonlyMap<string, CelType>
  /** Of fields that are not among these. @default there are no others */
  readonly rest?: CelType
}

export const DYN: CelType = { kind: 'dyn' }
export const simple = (name: string): CelType => ({ kind: 'simple', name })
export const listOf = (items: CelType): CelType => ({ kind: 'list', items })
export const mapOf = (keys: CelType, values: CelType): CelType => ({ kind: 'map', keys, values })
export const optionalOf = (inner: CelType): CelType => ({ kind: 'optional', inner })

export const BOOL = simple('bool')
export const INT = simple('int')
export const UINT = simple('uint')
export const DOUBLE = simple('double')
export const STRING = simple('string')
export const BYTES = simple('bytes')
export const NULL = simple('null')
export const TYPE = simple('type')
export const TIMESTAMP = simple('timestamp')
export const DURATION = simple('duration')

export function printType(type: CelType): string {
  switch (type.kind) {
    case 'simple':
      if (type.name === 'timestamp') return 'google.protobuf.Timestamp'
      return type.name === 'duration' ? 'google.protobuf.Duration' : type.name
    case 'dyn':
      return 'dyn'
    case 'list':
      return `list(${printType(type.items)})`
    case 'map':
      return `map(${printType(type.keys)}, ${printType(type.values)})`
    case 'optional':
      return `optional_type(${printType(type.inner)})`
    case 'object':
    case 'param':
      return type.name
  }
}

export type Bindings = Map<string, CelType>

/** Whether what is `given` may be where `wanted` is; notes what parameters stand for. */
export function isAssignable(wanted: CelType, given: CelType, bindings: Bindings): boolean {
  if (wanted.kind === 'param') {
    const bound = bindings.get(wanted.name)
    if (!bound || (bound.kind === 'dyn' && given.kind !== 'dyn')) {
      bindings.set(wanted.name, given)
      return true
    }
    return isAssignable(bound, given, bindings)
  }
  if (wanted.kind === 'dyn' || given.kind === 'dyn' || given.kind === 'param') return true
  if (wanted.kind === 'simple') return given.kind === 'simple' && wanted.name === given.name
  if (isNull(given)) return wanted.kind === 'object' || wanted.kind === 'optional'
  switch (wanted.kind) {
    case 'list':
      return given.kind === 'list' && isAssignable(wanted.items, given.items, bindings)
    case 'map':
      return (
        given.kind === 'map' &&
        isAssignable(wanted.keys, given.keys, bindings) &&
        isAssignable(wanted.values, given.values, bindings)
      )
    case 'optional':
      return given.kind === 'optional' && isAssignable(wanted.inner, given.inner, bindings)
    case 'object':
      return given.kind === 'object' && wanted.name === given.name
  }
}

export function isNull(type: CelType): boolean {
  return type.kind === 'simple' && type.name === 'null'
}

/** Parameters that stand for nothing known are dynamic. */
export function substituted(type: CelType, bindings: Bindings): CelType {
  switch (type.kind) {
    case 'param':
      return bindings.get(type.name) ?? DYN
    case 'list':
      return listOf(substituted(type.items, bindings))
    case 'map':
      return mapOf(substituted(type.keys, bindings), substituted(type.values, bindings))
    case 'optional':
      return optionalOf(substituted(type.inner, bindings))
    default:
      return type
  }
}

export function sameType(a: CelType, b: CelType): boolean {
  return printType(a) === printType(b)
}

/** Reads a type as signatures write it: `map(string, list(A))`. */
export function parseType(text: string): CelType {
  const [, name = '', inner = ''] = /^(\w+)(?:\((.*)\))?$/.exec(text.trim()) ?? []
  const [first = '', second = ''] = splitTypes(inner)
  if (/^[A-Z]$/.test(name)) return { kind: 'param', name }
  switch (name) {
    case 'dyn':
      return DYN
    case 'list':
      return listOf(parseType(first))
    case 'map':
      return mapOf(parseType(first), parseType(second))
    case 'optional':
      return optionalOf(parseType(first))
    default:
      return simple(name)
  }
}

/** At the commas that are not in brackets. */
export function splitTypes(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') depth++
    else if (text[index] === ')') depth--
    else if (text[index] === ',' && depth === 0) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  return text.trim() === '' ? [] : [...parts, text.slice(start)]
}
