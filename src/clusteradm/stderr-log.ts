import { errorMessage } from '../common/errors.ts'
import { type Logger, silentLogger } from '../common/log.ts'
import type { Terminal } from './terminal.ts'

const VERBOSITY = { error: 0, warn: 0, info: 1, debug: 4, trace: 6 } as const

type Level = keyof typeof VERBOSITY

/** A log for people: `-v=4` has the requests' troubles told on stderr. Silent where nothing was asked for. */
export function stderrLog(terminal: Terminal, verbosity: number, bound: object = {}): Logger {
  if (verbosity < VERBOSITY.info) return silentLogger
  const method = (level: Level) => (first: object | string, message?: string) => {
    if (verbosity < VERBOSITY[level]) return
    const fields = typeof first === 'string' ? bound : { ...bound, ...first }
    const shown = Object.entries(fields).map(([key, value]) => `${key}=${textOf(value)}`)
    terminal.writeError(`${[level, message ?? String(first), ...shown].join(' ')}\n`)
  }
  return {
    error: method('error'),
    warn: method('warn'),
    info: method('info'),
    debug: method('debug'),
    trace: method('trace'),
    child: (fields) => stderrLog(terminal, verbosity, { ...bound, ...fields }),
    isLevelEnabled: (level) => level in VERBOSITY && verbosity >= VERBOSITY[level as Level],
  }
}

function textOf(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(errorMessage(value))
  return typeof value === 'string' ? value : JSON.stringify(value)
}
