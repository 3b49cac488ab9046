import { integerOf } from '../../common/exact-json.ts'
import type { JsonValue } from '../../common/json.ts'
import { JqError, type Token, tokensOf } from './tokens.ts'

export type JqNode =
  | { readonly op: 'identity' | 'recurse' }
  | { readonly op: 'literal'; readonly value: JsonValue }
  | { readonly op: 'index'; readonly of: JqNode; readonly key: JqNode }
  | {
      readonly op: 'slice'
      readonly of: JqNode
      readonly from: JqNode | undefined
      readonly to: JqNode | undefined
    }
  | { readonly op: 'iterate' | 'try'; readonly of: JqNode }
  | { readonly op: 'binary'; readonly operator: string; readonly left: JqNode; readonly right: JqNode }
  | { readonly op: 'if'; readonly test: JqNode; readonly then: JqNode; readonly else: JqNode }
  | { readonly op: 'array'; readonly items: JqNode | undefined }
  | { readonly op: 'object'; readonly members: readonly (readonly [name: JqNode, value: JqNode])[] }
  | { readonly op: 'call'; readonly name: string; readonly args: readonly JqNode[] }

/** From the loosest to the tightest. */
const LEVELS: readonly (readonly string[])[] = [
  ['|'],
  [','],
  ['//'],
  ['or'],
  ['and'],
  ['==', '!=', '<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
]

const RIGHT_TO_LEFT = new Set(['|', '//'])
const TIGHTER_THAN_COMMA = 2
const MAX_DEPTH = 200

const IDENTITY: JqNode = { op: 'identity' }

/**
 * The part of jq that paths are made of: `.a.b`, `."a"`, `.[0]`, `.[1:]`, `.[]`, `..`, `?`, pipes and commas, conditions in `select`, and
 * calls of functions. Variables, definitions, assignments, `reduce`, `foreach` and texts with expressions in them are not.
 *
 * @throws JqError
 */
export function parseJq(text: string): JqNode {
  const parser = new Parser(tokensOf(text))
  const node = parser.level(0)
  parser.expectEnd()
  return node
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  expectEnd(): void {
    if (this.#peek().kind !== 'end') throw unexpected(this.#peek())
  }

  level(level: number): JqNode {
    if (++this.#depth > MAX_DEPTH) throw new JqError('expression is nested too deeply')
    try {
      return this.#level(level)
    } finally {
      this.#depth -= 1
    }
  }

  #level(level: number): JqNode {
    const operators = LEVELS[level]
    if (!operators) return this.#postfix()
    let left = this.#level(level + 1)
    for (;;) {
      const operator = this.#takeOperator(operators)
      if (operator === undefined) return left
      const isRightToLeft = RIGHT_TO_LEFT.has(operator)
      const right = isRightToLeft ? this.level(level) : this.#level(level + 1)
      left = { op: 'binary', operator, left, right }
      if (isRightToLeft) return left
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' }
  }

  #next(): Token {
    const token = this.#peek()
    this.#at += 1
    return token
  }

  #takeOperator(operators: readonly string[]): string | undefined {
    const { kind, text } = this.#peek()
    if ((kind !== 'symbol' && kind !== 'word') || !operators.includes(text)) return undefined
    this.#at += 1
    return text
  }

  #take(text: string): boolean {
    return this.#takeOperator([text]) !== undefined
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw unexpected(this.#peek())
  }

  #postfix(): JqNode {
    let node = this.#primary()
    for (;;) {
      const token = this.#peek()
      if (token.kind === 'field') {
        this.#at += 1
        node = { op: 'index', of: node, key: literal(token.text.slice(1)) }
      } else if (token.kind === 'symbol' && token.text === '.' && this.#isSuffixAfterDot()) {
        this.#at += 1
        const after = this.#peek()
        if (after.kind === 'string') node = { op: 'index', of: node, key: literal(this.#next().text) }
      } else if (this.#take('[')) node = this.#brackets(node)
      else if (this.#take('?')) node = { op: 'try', of: node }
      else return node
    }
  }

  #isSuffixAfterDot(): boolean {
    const after = this.#tokens[this.#at + 1]
    return after?.kind === 'string' || after?.text === '['
  }

  #brackets(of: JqNode): JqNode {
    if (this.#take(']')) return { op: 'iterate', of }
    if (this.#take(':')) return this.#sliceTo(of, undefined)
    const key = this.level(0)
    if (this.#take(':')) {
      if (this.#take(']')) return { op: 'slice', of, from: key, to: undefined }
      return this.#sliceTo(of, key)
    }
    this.#expect(']')
    return { op: 'index', of, key }
  }

  #sliceTo(of: JqNode, from: JqNode | undefined): JqNode {
    const to = this.level(0)
    this.#expect(']')
    return { op: 'slice', of, from, to }
  }

  #primary(): JqNode {
    const token = this.#next()
    switch (token.kind) {
      case 'field':
        return { op: 'index', of: IDENTITY, key: literal(token.text.slice(1)) }
      case 'string':
        return literal(token.text)
      case 'number':
        return literal(/^\d+$/.test(token.text) ? integerOf(token.text) : Number(token.text))
      case 'word':
        return this.#word(token)
      case 'symbol':
        return this.#symbol(token)
      case 'end':
        throw unexpected(token)
    }
  }

  #symbol(token: Token): JqNode {
    switch (token.text) {
      case '..':
        return { op: 'recurse' }
      case '.':
        if (this.#peek().kind === 'string')
          return { op: 'index', of: IDENTITY, key: literal(this.#next().text) }
        return IDENTITY
      case '-':
        return { op: 'binary', operator: '-', left: literal(0), right: this.#postfix() }
      case '(': {
        const inner = this.level(0)
        this.#expect(')')
        return inner
      }
      case '[': {
        if (this.#take(']')) return { op: 'array', items: undefined }
        const items = this.level(0)
        this.#expect(']')
        return { op: 'array', items }
      }
      case '{':
        return this.#object()
      default:
        throw unexpected(token)
    }
  }

  #object(): JqNode {
    const members: (readonly [JqNode, JqNode])[] = []
    while (!this.#take('}')) {
      if (members.length > 0) this.#expect(',')
      const token = this.#next()
      if (token.kind !== 'word' && token.kind !== 'string') throw unexpected(token)
      const name = literal(token.text)
      const value: JqNode = this.#take(':')
        ? this.level(TIGHTER_THAN_COMMA)
        : { op: 'index', of: IDENTITY, key: name }
      members.push([name, value])
    }
    return { op: 'object', members }
  }

  #word(token: Token): JqNode {
    switch (token.text) {
      case 'true':
      case 'false':
        return literal(token.text === 'true')
      case 'null':
        return literal(null)
      case 'if':
        return this.#if()
      case 'then':
      case 'else':
      case 'elif':
      case 'end':
      case 'and':
      case 'or':
        throw unexpected(token)
      case 'as':
      case 'def':
      case 'reduce':
      case 'foreach':
      case 'try':
      case 'catch':
      case 'label':
      case 'import':
      case 'include':
        throw new JqError(`${token.text} is not supported`)
      default:
        return { op: 'call', name: token.text, args: this.#args() }
    }
  }

  #args(): JqNode[] {
    if (!this.#take('(')) return []
    const args = [this.level(0)]
    while (this.#take(';')) args.push(this.level(0))
    this.#expect(')')
    return args
  }

  #if(): JqNode {
    const test = this.level(0)
    this.#expect('then')
    const then = this.level(0)
    if (this.#take('elif')) return { op: 'if', test, then, else: this.#if() }
    const otherwise = this.#take('else') ? this.level(0) : IDENTITY
    this.#expect('end')
    return { op: 'if', test, then, else: otherwise }
  }
}

function literal(value: JsonValue): JqNode {
  return { op: 'literal', value }
}

function unexpected({ kind, text }: Token): JqError {
  return new JqError(kind === 'end' ? 'unexpected EOF' : `unexpected token ${JSON.stringify(text)}`)
}
