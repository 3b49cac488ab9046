/** What a filter or a template may hold in its place: a value of its own. */
export type Literal = string | number | boolean

/**
 * One step of a path, in the dialect of k8s.io/client-go/util/jsonpath: `.a`, `.*`, `['a']`, `[0]`, `[-1:]`, `[1:5:2]`, `[0,2]`,
 * `..`, `[?(@.a=="b")]`. A step takes all values that the steps before it found.
 */
export type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | SliceStep
  | { readonly kind: 'union'; readonly paths: readonly (readonly Step[])[] }
  | FilterStep
  | { readonly kind: 'literal'; readonly value: Literal }
  /** It can be parsed, but means nothing: evaluating it fails. */
  | { readonly kind: 'identifier'; readonly name: string }

export interface SliceStep {
  readonly kind: 'slice'
  readonly start: number | undefined
  readonly end: number | undefined
  /** Of an index, not of a slice: what follows it. So 0 is the end of the list, behind the element -1. */
  readonly endIsDerived: boolean
  readonly step: number | undefined
}

export interface FilterStep {
  readonly kind: 'filter'
  readonly left: readonly Step[]
  readonly operator: string
  readonly right: readonly Step[]
}

/** The path is not one, or does not fit the object. */
export class JsonPathError extends Error {}

const FIELD_END = /[ \t\r\n.,[\]$@{}]/
const WORD = /[\p{L}\p{Nd}_]/u
const DICT_KEY = /^'([^']*)'$/
const SLICE = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/
const COMPARISON = /^([^!<>=]+)([!<>=]+)(.+)$/s

/** @throws JsonPathError */
export function parseJsonPath(text: string): readonly Step[] {
  return new Parser(text).parse()
}

class Parser {
  readonly #text: string
  readonly #steps: Step[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): readonly Step[] {
    while (this.#at < this.#text.length) this.#next()
    return this.#steps
  }

  #next(): void {
    const character = this.#text[this.#at] ?? ''
    if (this.#skip('[?(')) this.#filter()
    else if (this.#skip('..')) this.#recursive()
    else if (this.#skip('[')) this.#brackets()
    else if (this.#skip('.')) this.#field()
    else if (this.#skip('"') || this.#skip("'")) this.#quoted(character)
    else if (/[-+\d]/.test(character)) this.#number()
    else if (WORD.test(character)) this.#word()
    else if (!this.#skip(' ') && !this.#skip('@') && !this.#skip('$')) {
      throw new JsonPathError(`unrecognized character in action: ${JSON.stringify(character)}`)
    }
  }

  #skip(prefix: string): boolean {
    if (!this.#text.startsWith(prefix, this.#at)) return false
    this.#at += prefix.length
    return true
  }

  #field(): void {
    const name = this.#untilFieldEnd()
    this.#steps.push(name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll('\\', '') })
  }

  #untilFieldEnd(): string {
    const start = this.#at
    while (this.#at < this.#text.length && !FIELD_END.test(this.#text[this.#at] ?? '')) {
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1
    }
    return this.#text.slice(start, this.#at)
  }

  #recursive(): void {
    if (this.#steps.at(-1)?.kind === 'recursive') {
      throw new JsonPathError('invalid multiple recursive descent')
    }
    this.#steps.push({ kind: 'recursive' })
    if (WORD.test(this.#text[this.#at] ?? '')) this.#field()
  }

  #word(): void {
    const name = this.#untilFieldEnd()
    const isBoolean = name === 'true' || name === 'false'
    this.#steps.push(isBoolean ? { kind: 'literal', value: name === 'true' } : { kind: 'identifier', name })
  }

  #number(): void {
    const [text = ''] = /^[-+]?[\d.]*/.exec(this.#text.slice(this.#at)) ?? []
    const value = Number(text)
    if (text === '' || Number.isNaN(value)) throw new JsonPathError(`cannot parse number ${text}`)
    this.#at += text.length
    this.#steps.push({ kind: 'literal', value })
  }

  #quoted(quote: string): void {
    const start = this.#at
    while (this.#at < this.#text.length && this.#text[this.#at] !== quote) {
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1
    }
    if (this.#at >= this.#text.length) throw new JsonPathError('unterminated quoted string')
    const value = this.#text.slice(start, this.#at).replace(/\\(.)/g, '$1')
    this.#at++
    this.#steps.push({ kind: 'literal', value })
  }

  #brackets(): void {
    const end = this.#text.indexOf(']', this.#at)
    if (end < 0) throw new JsonPathError('unterminated array')
    const content = this.#text.slice(this.#at, end)
    this.#at = end + 1
    const parts = content.split(',')
    if (parts.length > 1) {
      const paths = parts.map((part) => parseJsonPath(`[${part.trim()}]`))
      this.#steps.push({ kind: 'union', paths })
      return
    }
    // A quoted key is read as a field, so a dot in it divides it unless it is escaped.
    const key = DICT_KEY.exec(content)?.[1]
    if (key !== undefined) this.#steps.push(...parseJsonPath(`.${key}`))
    else this.#steps.push(parseSlice(content === '*' ? ':' : content))
  }

  #filter(): void {
    const start = this.#at
    let quote: string | undefined
    let isQuoteOver = false
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at] ?? ''
      if (character === ')' && (quote === undefined || isQuoteOver)) break
      if (character !== '"' && character !== "'") continue
      if (quote === undefined) quote = character
      else if (character === quote && this.#text[this.#at - 1] !== '\\') isQuoteOver = true
    }
    const content = this.#text.slice(start, this.#at)
    if (!this.#skip(')')) throw new JsonPathError('unterminated filter')
    if (!this.#skip(']')) throw new JsonPathError('unclosed array expect ]')

    const [, left = content, operator = 'exists', right = ''] = COMPARISON.exec(content) ?? []
    this.#steps.push({ kind: 'filter', left: parseJsonPath(left), operator, right: parseJsonPath(right) })
  }
}

function parseSlice(text: string): SliceStep {
  const match = SLICE.exec(text)
  if (!match) throw new JsonPathError(`invalid array index ${text}`)
  const [, first = '', second, third] = match
  const start = indexOf(first)
  const endIsDerived = second === undefined
  const end = endIsDerived ? (start ?? 0) + 1 : indexOf(second.slice(1))
  return { kind: 'slice', start, end, endIsDerived, step: indexOf(third?.slice(1) ?? '') }
}

function indexOf(text: string): number | undefined {
  if (text === '') return undefined
  const index = Number(text)
  if (!Number.isSafeInteger(index)) throw new JsonPathError(`array index ${text} is not a number`)
  return index
}
