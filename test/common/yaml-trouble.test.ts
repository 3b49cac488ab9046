import { describe, expect, it } from 'vitest'
import { readTrouble } from '../../src/common/read-trouble.ts'
import { yamlTrouble } from '../../src/common/yaml-trouble.ts'

describe('what is told of a file', () => {
  it('is where its YAML is broken, and nothing of its text', () => {
    expect(yamlTrouble('a: 1\nb: |hidden\n')).toBe('it is no YAML: see line 2, column 5')
    expect(yamlTrouble('a: *gone')).toBe('it is no YAML')
  })

  it('is in plain words why it cannot be read, and else what the system says', () => {
    const refused = (code: string) => Object.assign(new Error(`${code}: text`), { code })
    expect(readTrouble(refused('EACCES'))).toBe('this user may not read it')
    expect(readTrouble(refused('EIO'))).toBe('EIO: text')
    expect(readTrouble('odd')).toBe('odd')
  })
})
