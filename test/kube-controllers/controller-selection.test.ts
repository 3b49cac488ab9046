import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/common/errors.ts'
import { CONTROLLER_NAMES, selectControllers } from '../../src/kube-controllers/index.ts'

describe('the selection of controllers', () => {
  it.each([
    [['*'], ['a', 'b', 'c']],
    [
      ['*', '-b'],
      ['a', 'c'],
    ],
    [
      ['-b', '*'],
      ['a', 'c'],
    ],
    [['b'], ['b']],
    [['-b', 'c'], ['c']],
    [['-b'], []],
    [
      ['*', '-b', 'b'],
      ['a', 'b', 'c'],
    ],
    [[], []],
  ])('%j is %j', (selection, selected) => {
    expect(selectControllers(['a', 'b', 'c'], selection)).toEqual(selected)
  })

  it('has those that are off by default only by their names', () => {
    expect(selectControllers(['a', 'b'], ['*'], ['b'])).toEqual(['a'])
    expect(selectControllers(['a', 'b'], ['*', 'b'], ['b'])).toEqual(['a', 'b'])
    expect(selectControllers(['a', 'b'], ['b'], ['b'])).toEqual(['b'])
  })

  it.each(['x', '-x', '', '-'])('knows no %j', (name) => {
    expect(() => selectControllers(['a'], ['*', name])).toThrow(ConfigError)
  })

  it("has kube-controller-manager's names", () => {
    expect(CONTROLLER_NAMES).toContain('garbage-collector-controller')
    expect(CONTROLLER_NAMES.every((name) => /^[a-z-]+(controller|scheduler)$/.test(name))).toBe(true)
  })
})
