/** The longest reference first: `$$` is a dollar, `$(NAME)` a variable; any other dollar is itself. */
const REFERENCE = /\$(?:\$|\(([^)]*)\))/g

/**
 * Puts the values of variables in place of `$(NAME)` (kubernetes, third_party/forked/golang/expansion). What names none stays as
 * it is, and `$$` is how to write a dollar.
 */
export function expandVariables(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(REFERENCE, (whole, name: string | undefined) =>
    name === undefined ? '$' : (lookUp(name) ?? whole),
  )
}

/** A container's command or arguments, with what they refer to. */
export function expandArguments(words: readonly string[], env: ReadonlyMap<string, string>): string[] {
  return words.map((word) => expandVariables(word, (name) => env.get(name)))
}
