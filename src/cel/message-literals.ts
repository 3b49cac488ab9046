/** A text in which messages, `Type{field: value}`, are written as what a parser knows that has none: `Type[{"field": value}]`. */
export interface PlainText {
  readonly text: string
  /** Where in it the brackets are that stand for a message. */
  readonly messages: ReadonlySet<number>
  /** What a place in it was before. */
  original(position: number): number
}

/** A string with its prefix; one that is not closed goes on to the end of its line, or of all. */
const STRING = [
  /[bB]?[rR][bB]?""".*?(?:"""|$)/s,
  /[bB]?[rR][bB]?'''.*?(?:'''|$)/s,
  /[bB]?"""(?:\\.|[^\\])*?(?:"""|$)/s,
  /[bB]?'''(?:\\.|[^\\])*?(?:'''|$)/s,
  /[bB]?[rR][bB]?"[^"\n]*"?/,
  /[bB]?[rR][bB]?'[^'\n]*'?/,
  /[bB]?"(?:\\.|[^"\\\n])*"?/,
  /[bB]?'(?:\\.|[^'\\\n])*'?/,
]
const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+|\/\/[^\n]*)`,
    `(?<string>${STRING.map(({ source }) => source).join('|')})`,
    '(?<name>[A-Za-z_]\\w*|`[^`\\n]*`)',
    String.raw`(?<number>\d[\w.]*)`,
    '(?<other>.)',
  ].join('|'),
  'sy',
)

interface Token {
  readonly kind: 'string' | 'name' | 'number' | 'other'
  readonly text: string
  readonly start: number
}

interface Insertion {
  /** In the original text. */
  readonly at: number
  readonly text: string
  readonly opensMessage: boolean
}

export function withPlainMessages(text: string): PlainText {
  if (!text.includes('{')) return { text, messages: new Set(), original: (position) => position }
  return inserted(text, insertionsFor(tokensOf(text)))
}

function insertionsFor(tokens: readonly Token[]): Insertion[] {
  const insertions: Insertion[] = []
  const areMessages: boolean[] = []
  for (const [index, { text, start }] of tokens.entries()) {
    const before = tokens[index - 1]
    if (text === '(' || text === '[') areMessages.push(false)
    if (text === '{') {
      const isMessage = before?.kind === 'name' && before.text !== 'in'
      areMessages.push(isMessage)
      if (isMessage) insertions.push({ at: start, text: '[', opensMessage: true })
    }
    if ((text === ')' || text === ']' || text === '}') && areMessages.pop())
      insertions.push({ at: start + 1, text: ']', opensMessage: false })
    if ((text === '{' || text === ',') && areMessages.at(-1))
      insertions.push(...quotedField(tokens, index + 1))
  }
  return insertions
}

/** The name of a field becomes a key; that it is optional is told by the question mark before it. */
function quotedField(tokens: readonly Token[], first: number): Insertion[] {
  const start = tokens[first]
  const isOptional = start?.text === '?'
  const name = isOptional ? tokens[first + 1] : start
  if (!start || name?.kind !== 'name' || tokens[first + (isOptional ? 2 : 1)]?.text !== ':') return []
  return [start.start, name.start + name.text.length].map((at) => ({ at, text: '"', opensMessage: false }))
}

function inserted(text: string, insertions: readonly Insertion[]): PlainText {
  const messages = new Set<number>()
  /** Where the insertions are in the new text. */
  const places: number[] = []
  let plain = ''
  let end = 0
  for (const { at, text: added, opensMessage } of insertions) {
    plain += text.slice(end, at)
    if (opensMessage) messages.add(plain.length)
    places.push(plain.length)
    plain += added
    end = at
  }
  plain += text.slice(end)
  return { text: plain, messages, original: (position) => position - countBelow(places, position) }
}

/** How many of numbers that ascend are less than a limit. */
function countBelow(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] as number) < limit) low = middle + 1
    else high = middle
  }
  return low
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (let start = 0; start < text.length; start = TOKEN.lastIndex) {
    TOKEN.lastIndex = start
    const groups = TOKEN.exec(text)?.groups ?? {}
    for (const kind of ['string', 'name', 'number', 'other'] as const) {
      const found = groups[kind]
      if (found !== undefined) tokens.push({ kind, text: found, start })
    }
  }
  return tokens
}
