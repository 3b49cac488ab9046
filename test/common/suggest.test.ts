import { describe, expect, it } from 'vitest'
import { closestName } from '../../src/common/suggest.ts'

describe('closestName', () => {
  const names = ['server-port', 'agent-port', 'mode']

  it('finds what was probably meant', () => {
    expect(closestName('servr-port', names)).toBe('server-port')
    expect(closestName('moed', names)).toBeUndefined()
    expect(closestName('mod', names)).toBe('mode')
    expect(closestName('SERVER-PORT', names)).toBe('server-port')
  })

  it('suggests nothing that is far off', () => {
    expect(closestName('something', names)).toBeUndefined()
    expect(closestName('', names)).toBeUndefined()
  })
})
