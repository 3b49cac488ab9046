export class JqError extends Error {
  /** There is nothing to add about when it happened. */
  readonly saysAll: boolean

  constructor(message: string, { saysAll = false } = {}) {
    super(message)
    this.saysAll = saysAll
  }
}

export interface Token {
  readonly kind: 'word' | 'field' | 'string' | 'number' | 'symbol' | 'end'
  readonly text: string
}

const SYMBOL = /^(?:\.\.|\/\/|==|!=|<=|>=|[.[\](){}|,:;?<>+\-*/%])/
const WORD = /^[A-Za-z_][A-Za-z0-9_]*/
const FIELD = /^\.[A-Za-z_][A-Za-z0-9_]*/
const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/
const STRING = /^"(?:[^"\\]|\\.)*"/s
const SPACE = /^(?:\s|#[^\n]*)+/

/** @throws JqError for what is not of the language, or of the part of it that is known here */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at)
    const space = SPACE.exec(rest)
    if (space) {
      at += space[0].length
      continue
    }
    const token = tokenAt(rest)
    if (!token) throw new JqError(`unexpected token ${JSON.stringify(rest[0])}`)
    tokens.push({ kind: token.kind, text: token.kind === 'string' ? stringOf(token.text) : token.text })
    at += token.text.length
  }
  return [...tokens, { kind: 'end', text: '' }]
}

function tokenAt(rest: string): Token | undefined {
  for (const [kind, pattern] of [
    ['string', STRING],
    ['field', FIELD],
    ['number', NUMBER],
    ['word', WORD],
    ['symbol', SYMBOL],
  ] as const) {
    const text = pattern.exec(rest)?.[0]
    if (text) return { kind, text }
  }
  return undefined
}

function stringOf(text: string): string {
  if (/(?:^|[^\\])(?:\\\\)*\\\(/.test(text)) throw new JqError('string interpolation is not supported')
  try {
    return JSON.parse(text.replace(/[\n\r\t]/g, (char) => JSON.stringify(char).slice(1, -1)))
  } catch {
    throw new JqError(`invalid string ${text}`)
  }
}
