import type { RE2JS } from 're2js'
import { onDemand } from './on-demand.ts'

const re2 = onDemand<typeof import('re2js')>('re2js')

/** Patterns are many times compiled for each time that they are written. */
const compiled = new Map<string, RE2JS>()
const MAX_COMPILED = 1000

/** What is wrong with a pattern, as RE2 says it. */
export function patternProblem(pattern: string): string | undefined {
  try {
    compiledPattern(pattern)
    return undefined
  } catch (error) {
    return isPatternError(error) ? error.message : String(error)
  }
}

/** Whether a pattern is to blame, rather than we. */
export function isPatternError(error: unknown): error is Error {
  return error instanceof re2().RE2JSException
}

/**
 * Patterns come from clients, and so they are of RE2, which takes time in proportion to the text, whatever the pattern.
 *
 * @throws RE2JSSyntaxException
 */
export function compiledPattern(pattern: string): RE2JS {
  const known = compiled.get(pattern)
  if (known) return known
  if (compiled.size >= MAX_COMPILED) compiled.clear()
  const fresh = re2().RE2JS.compile(pattern)
  compiled.set(pattern, fresh)
  return fresh
}

/** Whether a pattern is somewhere in a text; one that is malformed is nowhere. */
export function matchesPattern(pattern: string, text: string): boolean {
  try {
    return compiledPattern(pattern).matcher(text).find()
  } catch {
    return false
  }
}
