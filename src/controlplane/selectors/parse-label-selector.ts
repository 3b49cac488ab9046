import { labelKeyProblems } from '../../common/label-syntax.ts'
import { type FieldError, invalid } from '../api/field-error.ts'
import { badRequest } from '../api/status.ts'
import { type LabelOperator, type LabelRequirement, requirementErrors } from './label-requirement.ts'
import { EVERYTHING, LabelSelector } from './label-selector.ts'

const TOKEN = /!=|==|[=!(),<>]|[^=!(),<> \t\r\n]+/g
const END = ''

/** `in` and `notin` are words like any other, except where an operator is due. */
const OPERATOR_BY_TOKEN = new Map<string, LabelOperator>([
  ['in', 'in'],
  ['notin', 'notin'],
  ['=', '='],
  ['==', '=='],
  ['!=', '!='],
  ['>', 'gt'],
  ['<', 'lt'],
])

/** What is wrong with the text, in Kubernetes' words. */
class SyntaxProblem extends Error {}

/**
 * Reads the `labelSelector` of a request: `a=b,c!=d,e in (f,g),h,!i,j>1`. An empty one selects everything. There is no quoting:
 * what would need it is not valid in a label.
 *
 * @throws StatusError BadRequest
 */
export function parseLabelSelector(text: string): LabelSelector {
  if (text === '') return EVERYTHING
  try {
    return new LabelSelector(new Parser(text).parse())
  } catch (error) {
    if (error instanceof SyntaxProblem) throw badRequest(error.message)
    throw error
  }
}

class Parser {
  readonly #tokens: readonly string[]
  #position = 0

  constructor(text: string) {
    this.#tokens = text.match(TOKEN) ?? []
  }

  parse(): LabelRequirement[] {
    if (this.#peek() === END) return []
    this.#expectRequirement("!, identifier, or 'end of string'")
    const requirements = [this.#requirement()]
    for (let separator = this.#next(); separator !== END; separator = this.#next()) {
      if (separator !== ',') throw found(separator, "',' or 'end of string'")
      this.#expectRequirement("identifier after ','")
      requirements.push(this.#requirement())
    }
    return requirements
  }

  #expectRequirement(expected: string): void {
    const token = this.#peek()
    if (token !== '!' && !isIdentifier(token)) throw found(token, expected)
  }

  #requirement(): LabelRequirement {
    try {
      const requirement = this.#readRequirement()
      const errors = requirementErrors(requirement)
      if (errors.length > 0) throw new SyntaxProblem(aggregate(errors))
      return requirement
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error
      throw new SyntaxProblem(`unable to parse requirement: ${error.message}`)
    }
  }

  #readRequirement(): LabelRequirement {
    const isNegated = this.#peek() === '!'
    if (isNegated) this.#next()
    const key = this.#next()
    if (!isIdentifier(key)) throw found(key, 'identifier')
    const problems = labelKeyProblems(key)
    // The original has no field to name here, and says so.
    if (problems.length > 0) throw new SyntaxProblem(textOf(invalid('<nil>', key, problems.join('; '))))
    if (isNegated) return { key, operator: '!', values: [] }
    if (this.#peek() === END || this.#peek() === ',') return { key, operator: 'exists', values: [] }

    const token = this.#next()
    const operator = OPERATOR_BY_TOKEN.get(token)
    if (!operator) throw found(token, 'in, notin, =, ==, !=, gt, lt')
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#value()]
    return { key, operator, values: [...new Set(values)].sort() }
  }

  #value(): string {
    if (this.#peek() === END || this.#peek() === ',') return ''
    const value = this.#next()
    if (!isIdentifier(value)) throw found(value, 'identifier')
    return value
  }

  /** Between commas and parentheses there may be nothing, which is the empty value; so is `()`. */
  #values(): string[] {
    const open = this.#next()
    if (open !== '(') throw new SyntaxProblem(`found '${open}' expected: '('`)
    const first = this.#peek()
    if (first === ')') {
      this.#next()
      return ['']
    }
    if (first !== ',' && !isIdentifier(first)) throw found(first, "',', ')' or identifier")
    const values: string[] = []
    for (;;) {
      const token = this.#next()
      if (isIdentifier(token)) {
        values.push(token)
        if (this.#peek() === ')') break
        if (this.#peek() !== ',') throw found(this.#peek(), "',' or ')'")
      } else if (token === ',') {
        if (values.length === 0) values.push('')
        if (this.#peek() === ')') {
          values.push('')
          break
        }
        if (this.#peek() === ',') {
          this.#next()
          values.push('')
        }
      } else {
        throw found(token, "',', or identifier")
      }
    }
    this.#next()
    return values
  }

  #peek(): string {
    return this.#tokens[this.#position] ?? END
  }

  #next(): string {
    const token = this.#peek()
    this.#position++
    return token
  }
}

function isIdentifier(token: string): boolean {
  return token !== END && !/^[=!(),<>]/.test(token)
}

function found(token: string, expected: string): SyntaxProblem {
  return new SyntaxProblem(`found '${token}', expected: ${expected}`)
}

/** Several errors as Kubernetes puts them into one line. */
function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(textOf))]
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`
}

function textOf({ field, message }: FieldError): string {
  return `${field}: ${message}`
}
