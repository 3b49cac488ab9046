import { CommandError } from '../failure.ts'
import type { Session } from '../session.ts'

/** For commands that take no words. Throws a CommandError in the original's text. */
export function noArguments(words: readonly string[]): void {
  if (words.length > 0) throw new CommandError('there should be no argument')
}

/**
 * For commands whose original ignores words: they are told, for they may be a flag that lost its name. A blank one comes of a
 * backslash with a space behind it, as the user documents have it before a comment: flags of the lines below are lost then.
 */
export function ignoreArguments(session: Pick<Session, 'warn'>, words: readonly string[]): void {
  const told = words.filter((word) => word.trim() !== '').map((word) => JSON.stringify(word))
  if (told.length > 0) session.warn(`ignored, for everything is set by flags here: ${told.join(', ')}`)
  if (told.length < words.length) {
    session.warn(
      'there is a backslash with a space behind it: the command ended there, and flags in the lines below it, such as --context, were not seen',
    )
  }
}

/** The one word of a command. `none` and `several` are the original's texts for too few and too many. */
export function oneArgument(words: readonly string[], none: string, several: string): string {
  const [word] = words
  if (word === undefined || word === '') throw new CommandError(none)
  if (words.length > 1) throw new CommandError(several)
  return word
}

/** A word that may be left out. */
export function optionalArgument(words: readonly string[], several: string): string | undefined {
  if (words.length > 1) throw new CommandError(several)
  return words[0]
}

/** Pairs of `key=value`, as pflag's StringToString reads them. Throws a CommandError. */
export function pairs(texts: readonly string[], flag: string): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at <= 0) {
        throw new CommandError(
          `invalid argument ${JSON.stringify(text)} for "--${flag}" flag: ${text} must be formatted as key=value`,
        )
      }
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
