import { stringFlag } from '../../common/flags.ts'
import { CommandError } from '../failure.ts'
import type { Session } from '../session.ts'
import { printJson, printYaml } from './print-data.ts'

const FORMATS = ['text', 'json', 'yaml'] as const
export type InfoFormat = (typeof FORMATS)[number]

/** The flag of commands that show one thing. */
export const INFO_OUTPUT_FLAG = {
  output: stringFlag('text', 'How to show it: text, json or yaml.', {
    shorthand: 'o',
    placeholder: 'FORMAT',
  }),
} as const

/** Throws a CommandError for a format that there is not. */
export function infoFormat(text: string): InfoFormat {
  const format = FORMATS.find((each) => each === text)
  if (format) return format
  throw new CommandError(`invalid output format ${JSON.stringify(text)}: it is one of ${FORMATS.join(', ')}`)
}

/** Prints what was found out; `lines` is for people. */
export function printInfo(
  session: Session,
  format: InfoFormat,
  info: object,
  lines: () => readonly string[],
): void {
  if (format === 'json') printJson(session, info)
  else if (format === 'yaml') printYaml(session, [info])
  else
    session.terminal.writeOut(
      lines()
        .map((line) => `${line}\n`)
        .join(''),
    )
}
