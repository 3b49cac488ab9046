import { describe, expect, it } from 'vitest'
import { progressionPatch } from '../../../src/addon-framework/manager/progressions/progression-controller.ts'
import type { ClusterManagementAddOnSpec } from '../../../src/apis/addon/v1alpha1.ts'
import { CONFIGS, management, TEMPLATES } from './fixture.ts'

const SUPPORTED: ClusterManagementAddOnSpec['supportedConfigs'] = [
  { ...TEMPLATES, defaultConfig: { name: 't' } },
  { ...CONFIGS, defaultConfig: { namespace: 'n', name: 'd' } },
  { resource: 'none' },
  { resource: 'reserved', defaultConfig: { name: '__reserved_no_default__' } },
]
const placed = (...configs: object[]): ClusterManagementAddOnSpec =>
  ({
    supportedConfigs: SUPPORTED,
    installStrategy: { type: 'Placements', placements: [{ namespace: 'p', name: 'one', configs }] },
  }) as ClusterManagementAddOnSpec
const template = (specHash: string, name = 't') => ({ ...TEMPLATES, desiredConfig: { name, specHash } })
const config = (specHash: string, name = 'd') => ({
  ...CONFIGS,
  desiredConfig: { name, namespace: 'n', specHash },
})

describe('progressionPatch', () => {
  it('lists default configurations, with the hashes that are known', () => {
    const spec = { supportedConfigs: SUPPORTED }
    expect(progressionPatch(management(spec))).toEqual({
      defaultconfigReferences: [template(''), config('')],
    })
    const status = { defaultconfigReferences: [config('h'), template('old', 'other')] }
    expect(progressionPatch(management(spec, status))).toEqual({
      defaultconfigReferences: [template(''), config('h')],
    })
  })

  it('lists configurations of each Placement by resource, its own in place of the defaults', () => {
    const spec = placed(
      { ...CONFIGS, namespace: 'n', name: 'x' },
      { ...CONFIGS, namespace: 'n', name: 'y' },
      { ...CONFIGS, namespace: 'n', name: 'x' },
    )
    expect(progressionPatch(management(spec))).toMatchObject({
      installProgressions: [
        { namespace: 'p', name: 'one', configReferences: [config('', 'x'), config('', 'y'), template('')] },
      ],
    })
  })

  it('writes nothing when all is as it should be', () => {
    const spec = placed()
    const status = progressionPatch(management(spec))
    expect(progressionPatch(management(spec, status))).toBeUndefined()
  })

  it('keeps what is known of a Placement until it gets a configuration that it did not have', () => {
    const condition = {
      type: 'Progressing',
      status: 'False',
      reason: 'Completed',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    } as const
    const known = { ...config('h'), lastAppliedConfig: config('h').desiredConfig }
    const progression = { namespace: 'p', name: 'one', conditions: [condition] }
    const status = {
      defaultconfigReferences: [template(''), config('')],
      installProgressions: [{ ...progression, configReferences: [known, template('g')] }],
    }
    const same = management(placed(), status)
    expect(progressionPatch(same)).toBeUndefined()
    const other = management(placed({ ...CONFIGS, namespace: 'n', name: 'x' }), status)
    expect(progressionPatch(other)).toEqual({
      installProgressions: [
        { namespace: 'p', name: 'one', configReferences: [config('', 'x'), template('')] },
      ],
    })
  })

  it('forgets Placements of an add-on that people install', () => {
    const status = { installProgressions: [{ namespace: 'p', name: 'one' }] }
    expect(progressionPatch(management({}, status))).toEqual({ installProgressions: null })
  })

  it('leaves Placements of an add-on that manages itself alone', () => {
    const self = { 'addon.open-cluster-management.io/lifecycle': 'self' }
    expect(progressionPatch(management(placed(), {}, self))).toEqual({
      defaultconfigReferences: [template(''), config('')],
    })
  })
})
