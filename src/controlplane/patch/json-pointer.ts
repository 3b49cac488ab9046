import { doesNotApply } from './patch-error.ts'

const INDEX = /^[+-]?\d+$/

/** The path to a value in a document (RFC 6901): none for the document itself. */
export type JsonPointer = readonly string[]

export function parsePointer(text: string): JsonPointer {
  if (text === '') return []
  if (!text.startsWith('/')) throw doesNotApply(`path ${JSON.stringify(text)} does not begin with a slash`)
  return text.slice(1).split('/').map(unescapeToken)
}

/**
 * Which of the `length` places of a list is meant. As in Kubernetes, and unlike in the RFC, a negative index counts from
 * the end, and signs and zeros may lead.
 */
export function listIndex(token: string, length: number): number {
  const index = INDEX.test(token) ? Number(token) : Number.NaN
  const place = index < 0 ? index + length : index
  if (!(place >= 0 && place < length)) throw doesNotApply(`no index ${JSON.stringify(token)} among ${length}`)
  return place
}

function unescapeToken(token: string): string {
  return token.replace(/~[01]/g, (code) => (code === '~1' ? '/' : '~'))
}
