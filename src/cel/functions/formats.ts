import { labelKeyProblems, labelValueProblems } from '../../common/label-syntax.ts'
import { labelProblems, rfc1035Problems, subdomainProblems } from '../../common/name-rules.ts'
import { hasFormat } from '../../common/string-formats.ts'
import type { FunctionTable } from '../overload.ts'
import { ListValue, OpaqueValue, OptionalValue } from '../values.ts'

class Format extends OpaqueValue {
  readonly typeName = 'format'
  readonly name: string
  readonly problems: (text: string) => readonly string[]

  constructor(name: string, problems: (text: string) => readonly string[]) {
    super()
    this.name = name
    this.problems = problems
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof Format && other.name === this.name
  }
}

/** A name that ends in a hyphen is one to which something will be added. */
const asPrefix = (problems: (text: string) => readonly string[]) => (text: string) =>
  problems(text.endsWith('-') ? `${text.slice(0, -1)}a` : text)
const checked = (format: string, problem: string) => (text: string) =>
  hasFormat(format, text) ? [] : [problem]

const FORMATS: readonly (readonly [string, (text: string) => readonly string[]])[] = [
  ['dns1123Label', labelProblems],
  ['dns1123Subdomain', subdomainProblems],
  ['dns1035Label', rfc1035Problems],
  ['qualifiedName', labelKeyProblems],
  ['dns1123LabelPrefix', asPrefix(labelProblems)],
  ['dns1123SubdomainPrefix', asPrefix(subdomainProblems)],
  ['dns1035LabelPrefix', asPrefix(rfc1035Problems)],
  ['labelValue', labelValueProblems],
  ['uri', checked('uri', 'invalid URI for request')],
  ['uuid', checked('uuid', 'does not match the UUID format')],
  ['byte', checked('byte', 'invalid base64')],
  ['date', checked('date', 'invalid date')],
  ['datetime', checked('datetime', 'invalid datetime')],
]

/** Kubernetes' named formats: `!format.dns1123Label().validate(self.name).hasValue()`. */
export function addFormats(table: FunctionTable): void {
  const formats = new Map(FORMATS.map(([name, problems]) => [name, new Format(name, problems)]))
  for (const [name, format] of formats) table.add(`format::${name}(): format`, () => format)
  table.add('format::named(string): optional(format)', ([name]) => {
    const format = formats.get(name as string)
    return format ? new OptionalValue(format) : OptionalValue.NONE
  })
  table.add('format.validate(string): optional(list(string))', ([format, text], meter) => {
    meter.charge((text as string).length / 2)
    const problems = (format as Format).problems(text as string)
    return problems.length === 0 ? OptionalValue.NONE : new OptionalValue(ListValue.of(problems))
  })
}
