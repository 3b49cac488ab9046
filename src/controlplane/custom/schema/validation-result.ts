import { type FieldError, invalid, notSupported, required, tooLong } from '../../api/field-error.ts'
import type { JsonValue } from '../../api/json.ts'
import { child, type FieldPath, printed, tooMany, typeInvalid } from '../field-path.ts'

/** What is wrong with one value. */
export interface Violation {
  /** Of what kind; `whole` is said of the object, not of the value. */
  readonly kind: 'required' | 'enum' | 'tooLong' | 'tooMany' | 'type' | 'value' | 'whole'
  /** From the validated value on; begins with a dot where that has no name. */
  readonly name: string
  readonly message: string
  readonly value?: JsonValue
  readonly allowed?: readonly JsonValue[]
  readonly most?: number
}

/** Of a value with as many, the rest is not looked at. */
const MAX_VIOLATIONS = 1000

/** Each violation once, and how many checks were passed on the way: of failed alternatives, the one with most is told. */
export class ValidationResult {
  readonly #violations = new Map<string, Violation>()
  matchCount = 0

  get isValid(): boolean {
    return this.#violations.size === 0
  }

  /** So much is wrong that nobody reads on. */
  get isFull(): boolean {
    return this.#violations.size >= MAX_VIOLATIONS
  }

  get violations(): Violation[] {
    return [...this.#violations.values()]
  }

  add(violation: Violation): void {
    if (!this.#violations.has(violation.message)) this.#violations.set(violation.message, violation)
  }

  addWhole(message: string): void {
    this.add({ kind: 'whole', name: '', message })
  }

  merge(other: ValidationResult): void {
    for (const violation of other.#violations.values()) this.add(violation)
    this.matchCount += other.matchCount
  }
}

/** As the causes of a Status (apiserver/validation/validation.go). */
export function violationError(violation: Violation, path: FieldPath): FieldError {
  const name = violation.name.replace(/^\./, '')
  const field = printed(name === '' ? path : child(path, name))
  const { value = '', message, most = 0 } = violation
  switch (violation.kind) {
    case 'required':
      return required(field)
    case 'enum': {
      const allowed = (violation.allowed ?? []).map((each) =>
        typeof each === 'string' ? each : JSON.stringify(each),
      )
      return notSupported(field, violation.value ?? null, allowed)
    }
    case 'tooLong':
      return tooLong(field, `may not be more than ${most} ${most === 1 ? 'byte' : 'bytes'}`)
    case 'tooMany':
      return tooMany(field, value as number, most)
    case 'type':
      return typeInvalid(field, value, message)
    case 'value':
      return invalid(field, value, message)
    case 'whole':
      return invalid(printed(path), '', message)
  }
}
