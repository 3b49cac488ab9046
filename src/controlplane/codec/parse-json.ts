import { mayHaveWrongNames } from '../../common/parse-json.ts'
import { isRawObject, type RawJson } from './json-number.ts'
import { MAX_DEPTH, parseStrictJson, type StrictJson } from './strict-json.ts'

export interface ParseJsonOptions {
  /** Whether to look for names that stand twice. @default false */
  readonly duplicates?: boolean
  /** @default MAX_DEPTH */
  readonly maxDepth?: number
}

/** More digits than these may be more than a number can hold. */
const MAX_EXACT_DIGITS = 15

const HALF_SURROGATE = /\\u[dD][89a-fA-F]/

const QUOTE = 0x22
const MINUS = 0x2d
const COLON = 0x3a
const BACKSLASH = 0x5c

/**
 * Parses JSON by JSON.parse wherever that tells all there is to know, and else by the strict parser, which takes several times as
 * long. Which of both is decided by a glance at the text: there are as many colons outside strings as there are members, unless one
 * name stands twice.
 *
 * @throws MalformedBody
 */
export function parseJson(text: string, options: ParseJsonOptions = {}): StrictJson {
  const { maxDepth = MAX_DEPTH } = options
  let value: RawJson
  try {
    value = JSON.parse(text) as RawJson
  } catch {
    return parseStrictJson(text, maxDepth)
  }
  const { members, depth, plain } = glanceAt(text)
  if (!plain || depth > maxDepth) return parseStrictJson(text, maxDepth)
  if (text.includes('\\') && mayHaveWrongNames(value)) return parseStrictJson(text, maxDepth)
  if (options.duplicates && members !== countMembers(value)) return parseStrictJson(text, maxDepth)
  return { value, duplicates: [] }
}

interface Glance {
  /** Colons outside of strings. */
  readonly members: number
  readonly depth: number
  /** Whether JSON.parse keeps all numbers and strings as they are. */
  readonly plain: boolean
}

/** The text is valid JSON. */
function glanceAt(text: string): Glance {
  let members = 0
  let depth = 0
  let deepest = 0
  let plain = !HALF_SURROGATE.test(text)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at)
    } else if (code === COLON) {
      members++
    } else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at)
      plain &&= end - at <= MAX_EXACT_DIGITS && !isFraction(text, at, end)
      at = end - 1
    } else if (code === 0x7b || code === 0x5b) {
      depth++
      if (depth > deepest) deepest = depth
    } else if (code === 0x7d || code === 0x5d) {
      depth--
    }
  }
  return { members, depth: deepest, plain }
}

/** Of the quote that closes the string. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === BACKSLASH) first--
  return (at - first) % 2 === 1
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1
  while (end < text.length && isNumberPart(text.charCodeAt(end))) end++
  return end
}

function isFraction(text: string, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) if (!isDigit(text.charCodeAt(at))) return true
  return false
}

function isNumberPart(code: number): boolean {
  return isDigit(code) || code === 0x2e || code === MINUS || code === 0x2b || code === 0x65 || code === 0x45
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function countMembers(value: RawJson | undefined): number {
  let members = 0
  if (isRawObject(value)) {
    for (const name in value) {
      members++
      const member = value[name]
      if (typeof member === 'object' && member !== null) members += countMembers(member)
    }
  } else if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') members += countMembers(item)
  }
  return members
}
