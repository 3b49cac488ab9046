import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { shellWord } from '../../src/common/shell-word.ts'

describe('a word for a shell', () => {
  it.each(['/plain/path-1.txt', '', 'two words', "it's", '$HOME `id` "x" \\', '~', 'ü', 'a\nb', '*'])(
    'is read as it was: %j',
    (word) => {
      const script = `printf %s ${shellWord(word)}`
      expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(word)
    },
  )

  it('is left as it is where that can be', () => {
    expect(shellWord('/a/b.kubeconfig')).toBe('/a/b.kubeconfig')
  })
})
