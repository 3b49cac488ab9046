import { integerOf } from '../../common/exact-json.ts'
/**
 * The JSONPath of kubectl, what is between its braces (k8s.io/client-go, util/jsonpath), in its words where it is wrong. Texts beside
 * the braces, and `range`, make no sense where a single value is looked for, and are not known here.
 */

export type JsonPathNode =
  | { readonly op: 'text'; readonly text: string }
  | { readonly op: 'field'; readonly name: string }
  | { readonly op: 'number'; readonly value: number | bigint }
  | { readonly op: 'boolean'; readonly value: boolean }
  | {
      readonly op: 'slice'
      readonly from?: number
      readonly to?: number
      readonly step?: number
      readonly isIndex: boolean
    }
  | { readonly op: 'union'; readonly paths: readonly (readonly JsonPathNode[])[] }
  | {
      readonly op: 'filter'
      readonly left: readonly JsonPathNode[]
      readonly right: readonly JsonPathNode[]
      /** `exists`, or one between the two sides. */
      readonly operator: string
    }
  | { readonly op: 'wildcard' }
  | { readonly op: 'recursive' }
  | { readonly op: 'identifier'; readonly name: string }

export class JsonPathError extends Error {}

const TERMINATORS = new Set([' ', '\t', '\r', '\n', '.', ',', '[', ']', '$', '@', '{', '}'])
const COMPARISON = /^([^!<>=]+)([!<>=]+)(.+?)$/s
const SLICE = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/
const KEY = /^'([^']*)'$/
const WORD = /[\p{L}\p{Nd}_]/u

/** Nobody writes longer ones by hand, and what they cost to read is not worth it. */
const MOST_CHARACTERS = 4096

/** @throws JsonPathError */
export function parseJsonPath(text: string): readonly JsonPathNode[] {
  if (text.length > MOST_CHARACTERS)
    throw new JsonPathError(`the path is longer than ${MOST_CHARACTERS} characters`)
  return new Parser(`${text}}`).parse()
}

class Parser {
  readonly #text: string
  readonly #nodes: JsonPathNode[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): readonly JsonPathNode[] {
    for (;;) {
      if (this.#startsWith('}')) {
        if (this.#at < this.#text.length - 1) throw new JsonPathError('unexpected text after the path')
        return this.#nodes
      }
      if (this.#startsWith('[?(')) this.#filter()
      else if (this.#startsWith('..')) this.#recursive()
      else this.#one()
    }
  }

  #startsWith(prefix: string): boolean {
    return this.#text.startsWith(prefix, this.#at)
  }

  #one(): void {
    const char = this.#text[this.#at]
    if (char === undefined || char === '\r' || char === '\n') throw new JsonPathError('unclosed action')
    if (char === ' ' || char === '@' || char === '$') this.#at += 1
    else if (char === '[') this.#array()
    else if (char === '"' || char === "'") this.#quoted(char)
    else if (char === '.') {
      this.#at += 1
      this.#field()
    } else if (/[+\-\p{Nd}]/u.test(char)) this.#number()
    else if (WORD.test(char)) this.#identifier()
    else throw new JsonPathError(`unrecognized character in action: ${runeText(this.#text, this.#at)}`)
  }

  #field(): void {
    const start = this.#at
    while (this.#at < this.#text.length && !TERMINATORS.has(this.#text[this.#at] ?? '')) {
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1
    }
    this.#at = Math.min(this.#at, this.#text.length)
    const name = this.#text.slice(start, this.#at)
    this.#nodes.push(name === '*' ? { op: 'wildcard' } : { op: 'field', name: name.replaceAll('\\', '') })
  }

  #recursive(): void {
    if (this.#nodes.at(-1)?.op === 'recursive') throw new JsonPathError('invalid multiple recursive descent')
    this.#at += '..'.length
    this.#nodes.push({ op: 'recursive' })
    if (WORD.test(this.#text[this.#at] ?? '')) this.#field()
  }

  #identifier(): void {
    const start = this.#at
    while (this.#at < this.#text.length && !TERMINATORS.has(this.#text[this.#at] ?? '')) this.#at += 1
    const name = this.#text.slice(start, this.#at)
    if (name === 'true' || name === 'false') this.#nodes.push({ op: 'boolean', value: name === 'true' })
    else this.#nodes.push({ op: 'identifier', name })
  }

  #number(): void {
    const [text = ''] = /^[+-]?[.\p{Nd}]*/u.exec(this.#text.slice(this.#at)) ?? []
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) throw new JsonPathError(`cannot parse number ${text}`)
    this.#at += text.length
    this.#nodes.push({ op: 'number', value: /^[+-]?\d+$/.test(text) ? integerOf(text) : Number(text) })
  }

  #quoted(quote: string): void {
    const start = this.#at
    for (this.#at += 1; ; this.#at += 1) {
      const char = this.#text[this.#at]
      if (char === undefined || char === '\n') throw new JsonPathError('unterminated quoted string')
      if (char === quote && this.#text[this.#at - 1] !== '\\') break
    }
    this.#at += 1
    this.#nodes.push({ op: 'text', text: unquoted(this.#text.slice(start, this.#at)) })
  }

  #array(): void {
    const end = this.#text.indexOf(']', this.#at)
    const line = this.#text.indexOf('\n', this.#at)
    if (end < 0 || (line >= 0 && line < end)) throw new JsonPathError('unterminated array')
    const inner = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    const text = inner === '*' ? ':' : inner
    const parts = text.split(',')
    if (parts.length > 1) {
      const paths = parts.map((part) => parseJsonPath(`[${part.replace(/^ +| +$/g, '')}]`))
      this.#nodes.push({ op: 'union', paths })
      return
    }
    const key = KEY.exec(text)
    if (key) this.#nodes.push(...parseJsonPath(`.${key[1]}`))
    else this.#nodes.push(sliceOf(text))
  }

  #filter(): void {
    const start = this.#at + '[?('.length
    let isOpen = false
    let isClosed = false
    let quote = ''
    let at = start
    for (; ; at += 1) {
      const char = this.#text[at]
      if (char === undefined || char === '\n') throw new JsonPathError('unterminated filter')
      if (char === '"' || char === "'") {
        if (!isOpen) {
          isOpen = true
          quote = char
        } else if (char === quote && this.#text[at - 1] !== '\\') isClosed = true
      } else if (char === ')' && isOpen === isClosed) break
    }
    if (this.#text[at + 1] !== ']') throw new JsonPathError('unclosed array expect ]')
    this.#at = at + 2
    const text = this.#text.slice(start, at)
    const [, left, operator = '', right] = COMPARISON.exec(text) ?? []
    if (left === undefined || right === undefined) {
      this.#nodes.push({ op: 'filter', left: parseJsonPath(text), right: [], operator: 'exists' })
    } else {
      this.#nodes.push({ op: 'filter', left: parseJsonPath(left), right: parseJsonPath(right), operator })
    }
  }
}

function sliceOf(text: string): JsonPathNode {
  const parts = SLICE.exec(text)
  if (!parts) throw new JsonPathError(`invalid array index ${text}`)
  const [from, to, step] = parts.slice(1).map((part, index) => {
    const digits = index === 0 ? part : part?.slice(1)
    if (digits === undefined || digits === '') return undefined
    if (digits === '-') throw new JsonPathError(`array index ${digits} is not a number`)
    return Number(digits)
  })
  return {
    op: 'slice',
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(step !== undefined && { step }),
    isIndex: parts[2] === undefined,
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/** As Go's strconv.UnquoteChar, for both quotes. */
function unquoted(text: string): string {
  const quote = text[0] ?? ''
  const inner = text.slice(1, -1)
  const invalid = () => new JsonPathError(`unquote string ${text} error invalid syntax`)
  if (!inner.includes('\\') && !inner.includes(quote)) return inner
  const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))|\\$/gs
  return inner.replace(ESCAPE, (_, x, u, wide, octal, char) => {
    const hex = x ?? u ?? wide
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16)
      if (code > 0x10ffff) throw invalid()
      return String.fromCodePoint(code)
    }
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
    if (char === quote) return quote
    const known = char === undefined ? undefined : ESCAPES[char]
    if (known === undefined) throw invalid()
    return known
  })
}

function runeText(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(code)}'`
}
