import { integerOf } from '../../common/exact-json.ts'
import { JsonNumber, type RawJson } from './json-number.ts'
import { MalformedBody } from './malformed-body.ts'
import { type Members, put } from './members.ts'

/** How deep objects and lists may be nested. What is within can be walked by recursion. */
export const MAX_DEPTH = 1_000

/** Kubernetes reports no more than these of one body. */
export const MAX_STRICT_ERRORS = 100

export type JsonPath = readonly (string | number)[]

export interface StrictJson {
  readonly value: RawJson
  /** Where a name stood again in the same object. */
  readonly duplicates: readonly JsonPath[]
}

const SPACE = /[ \t\r\n]*/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y
const PLAIN_STRING = /"[ !#-[\]-\uffff]*"/y
const LITERALS = new Map<string, [text: string, value: RawJson]>([
  ['t', ['true', true]],
  ['f', ['false', false]],
  ['n', ['null', null]],
])

/**
 * Parses JSON as Go does, with Go's errors, and sees what JSON.parse does not tell: names that stand twice, and numbers that
 * JavaScript would change. Several times slower, so it is for bodies that are known to need it.
 *
 * @throws MalformedBody
 */
export function parseStrictJson(text: string, maxDepth = MAX_DEPTH): StrictJson {
  return new Parser(text, maxDepth).parse()
}

class Parser {
  readonly #text: string
  readonly #maxDepth: number
  readonly #duplicates: JsonPath[] = []
  readonly #path: (string | number)[] = []
  #at = 0

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
  }

  parse(): StrictJson {
    const value = this.#value()
    if (this.#next() !== '') throw this.#unexpected('after top-level value')
    return { value, duplicates: this.#duplicates }
  }

  #value(): RawJson {
    const first = this.#next()
    if (first === '{') return this.#nested(() => this.#object())
    if (first === '[') return this.#nested(() => this.#list())
    if (first === '"') return this.#string()
    if (first === '-' || (first >= '0' && first <= '9')) return this.#number()
    const literal = LITERALS.get(first)
    if (!literal) throw this.#unexpected('looking for beginning of value')
    return this.#literal(...literal)
  }

  #nested<T>(parse: () => T): T {
    if (this.#path.length >= this.#maxDepth) throw new MalformedBody('exceeded max depth')
    this.#at++
    const value = parse()
    this.#at++
    return value
  }

  #object(): RawJson {
    const object: Members<RawJson> = {}
    if (this.#next() === '}') return object
    for (;;) {
      if (this.#next() !== '"') throw this.#unexpected('looking for beginning of object key string')
      const name = this.#string()
      if (this.#next() !== ':') throw this.#unexpected('after object key')
      this.#at++
      this.#path.push(name)
      if (Object.hasOwn(object, name)) this.#noteDuplicate()
      put(object, name, this.#value())
      this.#path.pop()
      const after = this.#next()
      if (after === '}') return object
      if (after !== ',') throw this.#unexpected('after object key:value pair')
      this.#at++
    }
  }

  #list(): RawJson {
    const list: RawJson[] = []
    if (this.#next() === ']') return list
    for (;;) {
      this.#path.push(list.length)
      list.push(this.#value())
      this.#path.pop()
      const after = this.#next()
      if (after === ']') return list
      if (after !== ',') throw this.#unexpected('after array element')
      this.#at++
    }
  }

  #noteDuplicate(): void {
    if (this.#duplicates.length < MAX_STRICT_ERRORS) this.#duplicates.push([...this.#path])
  }

  #string(): string {
    const plain = this.#match(PLAIN_STRING)
    if (plain !== undefined) return plain.slice(1, -1)

    const start = this.#at++
    while (this.#peek() !== '"') this.#stringCharacter()
    this.#at++
    // Half a surrogate pair is no text: Go puts U+FFFD in its place.
    return (JSON.parse(this.#text.slice(start, this.#at)) as string).toWellFormed()
  }

  #stringCharacter(): void {
    const character = this.#peek()
    if (character < ' ') throw this.#unexpected('in string literal')
    this.#at++
    if (character !== '\\') return
    const kind = this.#peek()
    if (kind === '' || !'"\\/bfnrtu'.includes(kind)) throw this.#unexpected('in string escape code')
    this.#at++
    for (let digits = 0; kind === 'u' && digits < 4; digits++, this.#at++) {
      if (!/[0-9a-fA-F]/.test(this.#peek())) throw this.#unexpected('in \\u hexadecimal character escape')
    }
  }

  #number(): RawJson {
    const text = this.#match(NUMBER)
    if (text === undefined) {
      this.#at++
      throw this.#unexpected('in numeric literal')
    }
    if (/^(?:\.|[eE])/.test(this.#peek()) && !/[eE]/.test(text)) throw this.#cutShort(text)
    if (text === '-0') return 0
    const value = /^-?\d+$/.test(text) ? integerOf(text) : Number(text)
    return String(value) === text ? value : new JsonNumber(text)
  }

  /** A number is followed by the beginning of a part that does not come. */
  #cutShort(text: string): MalformedBody {
    const isPoint = this.#peek() === '.'
    if (isPoint && text.includes('.')) return this.#unexpected('after top-level value')
    this.#at++
    if (isPoint) return this.#unexpected('after decimal point in numeric literal')
    if (this.#peek() === '+' || this.#peek() === '-') this.#at++
    return this.#unexpected('in exponent of numeric literal')
  }

  #literal(text: string, value: RawJson): RawJson {
    for (const character of text) {
      if (this.#peek() !== character) {
        throw this.#unexpected(`in literal ${text} (expecting ${quoteCharacter(character)})`)
      }
      this.#at++
    }
    return value
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  /** The character at hand, which is none at the end. */
  #peek(): string {
    return this.#text.charAt(this.#at)
  }

  #next(): string {
    this.#match(SPACE)
    return this.#text.charAt(this.#at)
  }

  #unexpected(where: string): MalformedBody {
    const codePoint = this.#text.codePointAt(this.#at)
    if (codePoint === undefined) return new MalformedBody('unexpected end of JSON input')
    // Go looks at bytes, and shows the first one of a character as if it was one.
    const byte = Buffer.from(String.fromCodePoint(codePoint))[0] ?? 0
    return new MalformedBody(`invalid character ${quoteCharacter(String.fromCharCode(byte))} ${where}`)
  }
}

function quoteCharacter(character: string): string {
  if (character === "'") return `'\\''`
  if (character === '"') return `'"'`
  return `'${JSON.stringify(character).slice(1, -1)}'`
}
