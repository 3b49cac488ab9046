import { describe, expect, it } from 'vitest'
import { featureGatesFlag, parseFeatureGates } from '../../src/common/feature-gates.ts'

const DEFAULTS = { DefaultClusterSet: true, ClusterProfile: false } as const

describe('feature gates', () => {
  it('are as they are by default', () => {
    expect(parseFeatureGates(DEFAULTS, [])).toEqual(DEFAULTS)
  })

  it('are opened and closed, the last word counting', () => {
    const texts = [
      'ClusterProfile=true',
      ' DefaultClusterSet = false ',
      '',
      'ClusterProfile=false',
      'ClusterProfile=1',
    ]
    expect(parseFeatureGates(DEFAULTS, texts)).toEqual({ DefaultClusterSet: false, ClusterProfile: true })
  })

  it.each([
    ['ClusterProfle=true', /unrecognized feature gate: ClusterProfle.*ClusterProfile/],
    ['__proto__=true', /unrecognized feature gate: __proto__/],
    ['ClusterProfile', /missing bool value for ClusterProfile/],
    ['ClusterProfile=maybe', /ClusterProfile=maybe, write true or false/],
  ])('say what is wrong with %s', (text, message) => {
    expect(() => parseFeatureGates(DEFAULTS, [text])).toThrow(message)
  })

  it('are listed in the help text of their flag', () => {
    expect(featureGatesFlag(DEFAULTS).help).toContain('DefaultClusterSet=true, ClusterProfile=false')
  })
})
