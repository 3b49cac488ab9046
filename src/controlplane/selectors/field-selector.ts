import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest } from '../api/status.ts'

export interface FieldTerm {
  /** Such as `metadata.name`. */
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** The fields that objects of a kind can be selected by. */
export interface SelectableFields {
  has(field: string): boolean
  /** What a client is told who asks for another one. */
  refusal(field: string): string
  /** For a field whose value is not simply what stands under its name; undefined for all others. */
  specialValue?(object: JsonObject, field: string): string | undefined
}

/** Says what an object has in the place of a field. */
export type FieldValue = (object: JsonObject) => string

/** What kinds have that say nothing of fields. */
export const METADATA_FIELDS: SelectableFields = {
  has: (field) => field === 'metadata.name' || field === 'metadata.namespace',
  refusal: (field) =>
    `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
}

/** What stands under the names of `path`, or `absent` when nothing does: numbers and booleans are selected by what Go has then. */
export function valueAt(path: string, absent: string): FieldValue {
  const names = path.split('.')
  return (object) => {
    let value: JsonValue | undefined = object
    for (const name of names)
      value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
    return value === undefined || value === null ? absent : String(value)
  }
}

/** For kinds that have fields of their own, which Kubernetes refuses others in other words. */
export function selectableFields(
  fields: Iterable<string>,
  special: Readonly<Record<string, FieldValue>> = {},
): SelectableFields {
  const known = new Set(fields)
  return {
    has: (field) => known.has(field),
    refusal: (field) => `field label not supported: ${field}`,
    specialValue: (object, field) => (Object.hasOwn(special, field) ? special[field]?.(object) : undefined),
  }
}

/** Says of an object whether its fields have certain values. Immutable. */
export class FieldSelector {
  readonly terms: readonly FieldTerm[]

  constructor(terms: readonly FieldTerm[]) {
    this.terms = terms
  }

  /** Selects whatever there is. */
  get isEmpty(): boolean {
    return this.terms.length === 0
  }

  /** @throws StatusError BadRequest when it asks for a field that objects cannot be selected by */
  check(fields: SelectableFields): void {
    for (const { field } of this.terms) if (!fields.has(field)) throw badRequest(fields.refusal(field))
  }

  /** `extract` gives a field of the object; what it does not have is empty. */
  matches(extract: (field: string) => string | undefined): boolean {
    return this.terms.every(
      ({ field, operator, value }) => ((extract(field) ?? '') === value) === (operator === '='),
    )
  }

  /** The only value that `field` may have, if there is such a one. */
  exactValue(field: string): string | undefined {
    return this.terms.find((term) => term.field === field && term.operator === '=')?.value
  }

  /** The canonical form: parsing it gives an equal selector. */
  toString(): string {
    return this.terms
      .map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`)
      .join(',')
  }
}

/** As the value of a term is to be written. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&')
}

/**
 * Reads the `fieldSelector` of a request: `a=b,c!=d,e==f`, with a backslash before `\`, `,` and `=` in a value. An empty one
 * selects everything.
 *
 * @throws StatusError BadRequest
 */
export function parseFieldSelector(text: string): FieldSelector {
  const parts = splitTerms(text).sort()
  return new FieldSelector(parts.map((part) => parseTerm(part, text)))
}

/** At commas that are not escaped. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\[\s\S]|[^,])+/g) ?? []
}

function parseTerm(part: string, text: string): FieldTerm {
  const [operator] = /!=|==?/.exec(part) ?? []
  if (operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`)
  const index = part.indexOf(operator)
  const value = unescapeValue(part.slice(index + operator.length))
  return { field: part.slice(0, index), operator: operator === '!=' ? '!=' : '=', value }
}

function unescapeValue(text: string): string {
  let value = ''
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '\\') {
      index++
      const escaped = characterAt(text, index)
      if (escaped === '' || !'\\,='.includes(escaped))
        throw badRequest(`invalid field selector: invalid escape sequence: \\${escaped}`)
      value += escaped
    } else if (character === ',' || character === '=') {
      // The original prints the number of the character.
      throw badRequest(`invalid field selector: unescaped character in value: ${character.codePointAt(0)}`)
    } else {
      value += character
    }
  }
  return value
}

function characterAt(text: string, index: number): string {
  const code = text.codePointAt(index)
  return code === undefined ? '' : String.fromCodePoint(code)
}
