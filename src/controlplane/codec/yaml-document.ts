import type { CST, Document, LineCounter, Tags } from 'yaml'
import { onDemand } from '../../common/on-demand.ts'
import { MalformedBody } from './malformed-body.ts'

const yaml = onDemand<typeof import('yaml')>('yaml')

/**
 * A word, a sign or a space takes the parser 2 to 4 µs, whatever its length, and nothing else is done meanwhile. The largest
 * definitions of custom resources have half as many; JSON has no such bound.
 */
const MAX_LEXEMES = 150_000

const NEXT_DOCUMENT = '---'

/** Go's YAML reads base 60 as text, and has neither dates nor sets in what is to become JSON. */
const FOREIGN_TAGS = ['timestamp', 'intTime', 'floatTime', 'binary', 'omap', 'pairs', 'set']
const FOREIGN_TAG_URIS = ['timestamp', 'binary', 'omap', 'pairs', 'set'].map(
  (each) => `tag:yaml.org,2002:${each}`,
)

/**
 * The first document of a text in YAML 1.1. What is behind it is not looked at.
 *
 * @throws MalformedBody when there is too much of it; the parser recurses, so what is nested too deep ends in a RangeError
 */
export function firstDocument(text: string, lines: LineCounter): Document.Parsed {
  const composer = new (yaml().Composer)({
    version: '1.1',
    customTags: withoutForeign,
    intAsBigInt: true,
    uniqueKeys: false, // its own search takes quadratic time
  })
  for (const document of composer.compose(tokens(text, lines), true, text.length)) return document
  throw new Error('a text without any document has an empty one')
}

function* tokens(text: string, lines: LineCounter): Generator<CST.Token, void> {
  const parser = new (yaml().Parser)(lines.addNewLine)
  lines.addNewLine(0)
  let lexemes = 0
  let hasDocument = false
  for (const lexeme of new (yaml().Lexer)().lex(text)) {
    if (++lexemes > MAX_LEXEMES)
      throw new MalformedBody('yaml: the document has too many elements; send it as JSON')
    for (const token of parser.next(lexeme)) {
      yield token
      hasDocument ||= token.type === 'document'
    }
    if (hasDocument && lexeme === NEXT_DOCUMENT) return
  }
  yield* parser.end()
}

function withoutForeign(tags: Tags): Tags {
  return tags.filter((each) => {
    if (typeof each === 'string') return !FOREIGN_TAGS.includes(each)
    return !FOREIGN_TAG_URIS.includes(each.tag) && each.format !== 'TIME'
  })
}
