import type { Condition } from '../../apis/meta/v1.ts'
import type { Terminal } from '../terminal.ts'

/** `true`, `false` or `unknown`, as trees show conditions. */
export function conditionText(
  terminal: Pick<Terminal, 'outIsTerminal'>,
  condition: Pick<Condition, 'status'> | undefined,
): string {
  if (!condition) return 'unknown'
  return condition.status === 'True' ? 'true' : red(terminal, 'false')
}

/** Colours are for people only. */
export function red({ outIsTerminal }: Pick<Terminal, 'outIsTerminal'>, text: string): string {
  return outIsTerminal ? `\x1b[31m${text}\x1b[0m` : text
}
