import type { Terminal } from './terminal.ts'

const FRAMES = '⣾⣽⣻⢿⡿⣟⣯⣷'
const FRAME_MS = 100
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
/** The frame, the space behind it, and the last column, where some terminals begin a new line. */
const FRAME_COLUMNS = 3
const COLORS = ['\x1b[32m', '\x1b[1;32m', '\x1b[0m'] as const
const NO_COLORS = ['', '', ''] as const
/** Clears one line: what is drawn must not be longer than that. */
const CLEAR_LINE = '\r\x1b[2K'

/** Tells what is waited for, and how far it is. */
export type Report = (status: string) => void

export interface Wait {
  /** Such as `Waiting for CRD to be ready...`. */
  readonly text: string
  /** Said when it has come. */
  readonly done: string
}

/**
 * What a person sees of a wait: on a terminal one line with a spinner, in a pipe a line for each new status. All of it goes to
 * stderr, so that results stay results. `done` is said only of what is done: the original says it of what has failed, too.
 */
export class Progress {
  readonly #terminal: Terminal
  #timer: NodeJS.Timeout | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  async during<T>({ text, done }: Wait, task: (report: Report) => Promise<T>): Promise<T> {
    const report = this.#terminal.errorIsTerminal ? this.#spin(text) : this.#tell(text)
    try {
      const result = await task(report)
      this.stop()
      this.#terminal.writeError(`${done}\n`)
      return result
    } finally {
      this.stop()
    }
  }

  /** Gives the line back. */
  stop(): void {
    if (!this.#timer) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#terminal.writeError(`${CLEAR_LINE}${SHOW_CURSOR}`)
  }

  #spin(text: string): Report {
    let shown = text
    let frame = 0
    const [green, bold, plain] = this.#terminal.env.NO_COLOR ? NO_COLORS : COLORS
    const draw = () => {
      frame = (frame + 1) % FRAMES.length
      const room = (this.#terminal.errorColumns || Number.POSITIVE_INFINITY) - FRAME_COLUMNS
      const line = shown.length > room ? `${shown.slice(0, Math.max(room - 1, 0))}…` : shown
      this.#terminal.writeError(`${CLEAR_LINE}${green}${FRAMES[frame]}${plain} ${bold}${line}${plain}`)
    }
    this.#terminal.writeError(HIDE_CURSOR)
    this.#timer = setInterval(draw, FRAME_MS)
    draw()
    return (status) => {
      shown = status === '' ? text : `${text} (${status})`
    }
  }

  #tell(text: string): Report {
    let last = ''
    this.#terminal.writeError(`${text}\n`)
    return (status) => {
      if (status === '' || status === last) return
      last = status
      this.#terminal.writeError(`${text} (${status})\n`)
    }
  }
}
