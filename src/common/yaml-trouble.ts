import { LineCounter, parseDocument } from 'yaml'

/**
 * Says where a text that could not be read as YAML is broken, and quotes nothing of it, which may be a secret: `it is no YAML: see line 3,
 * column 7`.
 */
export function yamlTrouble(text: string): string {
  const lineCounter = new LineCounter()
  const { errors } = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
  const [first] = errors
  if (!first) return 'it is no YAML' // such as an alias without an anchor
  const { line, col } = lineCounter.linePos(first.pos[0])
  return `it is no YAML: see line ${line}, column ${col}`
}
