/** The two ends of a terminal or pipe, and what surrounds the process. Tests hand in their own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Results, and nothing else. */
  writeOut(text: string): void
  /** Progress, warnings and errors. */
  writeError(text: string): void
  /** Whether a person looks at what `writeOut` writes, and may be shown colours. */
  readonly outIsTerminal: boolean
  /** The same of `writeError`; then progress is drawn in place. */
  readonly errorIsTerminal: boolean
  /** How many characters a line of that terminal has; undefined where nobody knows. */
  readonly errorColumns?: number | undefined
  /** Aborted when the user has had enough. */
  readonly signal: AbortSignal
}

/** That of this process. */
export function systemTerminal(signal: AbortSignal): Terminal {
  return {
    env: process.env,
    writeOut: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true && !process.env.NO_COLOR,
    errorIsTerminal: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    get errorColumns() {
      return process.stderr.columns // it changes with the window
    },
    signal,
  }
}
