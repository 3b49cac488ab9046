import { describe, expect, it } from 'vitest'
import { helpText } from '../../src/common/flag-help.ts'
import { boolFlag, type CommandSpec, stringFlag } from '../../src/common/flags.ts'
import { parseFlags } from '../../src/common/parse-flags.ts'
import { configIo } from '../support/config-io.ts'

const TABLE = { merge: boolFlag(false, 'Merge.'), port: stringFlag('', 'Port.') }
const SPEC: CommandSpec = {
  name: 'test',
  description: 'A test.',
  arguments: { placeholder: 'NAME...', least: 1, most: 2 },
  groups: [{ title: 'All', flags: TABLE }],
}
const wordsOf = (...argv: string[]) => parseFlags<typeof TABLE>(SPEC, argv, {}, configIo({})).words

describe('words of a command line that belong to no flag', () => {
  it.each([
    [['hub'], ['hub']],
    [
      ['hub', '--merge', 'spoke'],
      ['hub', 'spoke'],
    ],
    [['--port', '1', 'hub'], ['hub']],
    [['--', '--hub'], ['--hub']],
  ])('%j are %j', (argv, words) => {
    expect(wordsOf(...argv)).toEqual(words)
  })

  it('must be as many as the command takes', () => {
    expect(() => wordsOf('--merge')).toThrow('NAME... is missing')
    expect(() => wordsOf('a', 'b', 'c')).toThrow('unexpected argument "c": it takes NAME... and flags')
  })

  it('are in the usage line', () => {
    expect(helpText(SPEC)).toContain('cluster-proxy test NAME... [flags]')
  })
})
