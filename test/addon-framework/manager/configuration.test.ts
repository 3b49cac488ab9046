import { describe, expect, it } from 'vitest'
import { addOnChanges } from '../../../src/addon-framework/manager/configuration/add-on-status.ts'
import { configurationGraph } from '../../../src/addon-framework/manager/configuration/configuration-graph.ts'
import { installProgressPatch } from '../../../src/addon-framework/manager/configuration/install-progress.ts'
import type {
  AddOnConfig,
  ClusterManagementAddOn,
  ConfigReference,
  ManagedClusterAddOn,
  PlacementStrategy,
} from '../../../src/apis/addon/v1alpha1.ts'
import type { Condition } from '../../../src/apis/meta/v1.ts'
import { addOn, CONFIGS, decided, management, TEMPLATES } from './fixture.ts'

const NOW_MS = Date.parse('2026-01-01T12:00:00Z')
const NOW = '2026-01-01T12:00:00Z'

const named = (name: string): AddOnConfig => ({ ...CONFIGS, namespace: 'n', name })
const wanted = (name: string, specHash: string) => ({ namespace: 'n', name, specHash })
const reference = (name: string, specHash: string, more: Partial<ConfigReference> = {}): ConfigReference => ({
  ...CONFIGS,
  namespace: 'n',
  name,
  lastObservedGeneration: 0,
  desiredConfig: wanted(name, specHash),
  ...more,
})
const applied = (name: string, specHash: string) =>
  reference(name, specHash, { lastAppliedConfig: wanted(name, specHash) })
const condition = (type: string, status: 'True' | 'False', reason: string, message: string): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: NOW,
})
const CONFIGURED = condition('Configured', 'True', 'ConfigurationsConfigured', 'Configurations configured')
const WAITING = condition(
  'Configured',
  'False',
  'ConfigurationsNotConfigured',
  'Configurations updated and not configured yet',
)

/** An add-on with the default configuration `default`, and Placements with configurations of their names. */
function placed(...strategies: Partial<PlacementStrategy>[]): ClusterManagementAddOn {
  const placements = strategies.map((each, index) => ({ namespace: 'p', name: `p${index + 1}`, ...each }))
  return management(
    {
      supportedConfigs: [{ ...CONFIGS, defaultConfig: { namespace: 'n', name: 'default' } }],
      installStrategy: { type: 'Placements', placements },
    },
    {
      defaultconfigReferences: [{ ...CONFIGS, desiredConfig: wanted('default', 'hd') }],
      installProgressions: placements.map(({ namespace, name }) => ({
        namespace,
        name,
        configReferences: [{ ...CONFIGS, desiredConfig: wanted(name, `h-${name}`) }],
      })),
    },
  )
}

function changes(
  managed: ClusterManagementAddOn,
  addOns: readonly ManagedClusterAddOn[],
  chosen: Readonly<Record<string, readonly string[]>> = {},
): Record<string, unknown> {
  const graph = configurationGraph(managed, addOns, decided(chosen), NOW_MS)
  return Object.fromEntries(
    addOnChanges(graph).map((each) => [each.addOn.metadata.namespace, each.patch(each.addOn, NOW_MS)]),
  )
}

describe('configurations of add-ons', () => {
  it("are the add-on's own, else those of its Placement, else the defaults", () => {
    const own = addOn('c2', { spec: { configs: [named('own')] } })
    expect(changes(placed({}), [addOn('c1'), own, addOn('c3')], { p1: ['c1', 'c2'] })).toEqual({
      c1: { conditions: [CONFIGURED], configReferences: [reference('p1', 'h-p1')] },
      c2: { conditions: [CONFIGURED], configReferences: [reference('own', '')] },
      c3: { conditions: [CONFIGURED], configReferences: [reference('default', 'hd')] },
    })
  })

  it('of one resource stay where another is named', () => {
    const own = addOn('c1', { spec: { configs: [{ ...TEMPLATES, name: 't' }] } })
    const template = {
      ...TEMPLATES,
      name: 't',
      lastObservedGeneration: 0,
      desiredConfig: { name: 't', specHash: '' },
    }
    expect(changes(placed(), [own])).toEqual({
      c1: { conditions: [CONFIGURED], configReferences: [reference('default', 'hd'), template] },
    })
  })

  it('are those of the last Placement that has chosen the cluster', () => {
    const chosen = { p1: ['c1', 'c2'], p2: ['c2', 'c3'] }
    const managed = placed({}, {})
    expect(changes(managed, [addOn('c1'), addOn('c2')], chosen)).toMatchObject({
      c1: { configReferences: [reference('p1', 'h-p1')] },
      c2: { configReferences: [reference('p2', 'h-p2')] },
    })
    const graph = configurationGraph(managed, [addOn('c1'), addOn('c2')], decided(chosen), NOW_MS)
    expect(graph.placements).toMatchObject([
      { chosen: 2, configured: 1 },
      { chosen: 2, configured: 2 },
    ])
  })

  it('are the defaults where the Placement has gone', () => {
    expect(changes(placed({}), [addOn('c1')])).toMatchObject({
      c1: { configReferences: [reference('default', 'hd')] },
    })
  })

  it('keep what is known of those that stay, and the hash of those that the add-on names', () => {
    const status = {
      configReferences: [applied('gone', 'h'), reference('own', 'known', { lastObservedGeneration: 7 })],
    }
    const existing = addOn('c1', { spec: { configs: [named('own'), named('more')] }, status })
    expect(changes(placed(), [existing])).toEqual({
      c1: {
        conditions: [CONFIGURED],
        configReferences: [reference('own', 'known', { lastObservedGeneration: 7 }), reference('more', '')],
      },
    })
  })

  it('are written once', () => {
    const status = { conditions: [CONFIGURED], configReferences: [reference('default', 'hd')] }
    expect(changes(placed(), [addOn('c1', { status })])).toEqual({ c1: undefined })
  })

  it('are none where there are none, and that is configured', () => {
    expect(changes(management(), [addOn('c1')])).toEqual({ c1: { conditions: [CONFIGURED] } })
  })

  it('wait for their turn', () => {
    const strategy = { type: 'Progressive', progressive: { maxConcurrency: 1 } } as const
    const chosen = { p1: ['c1', 'c2', 'c3'] }
    const done = addOn('c1', { status: { configReferences: [applied('p1', 'h-p1')] } })
    const managed = placed({ rolloutStrategy: strategy })
    expect(changes(managed, [done, addOn('c2'), addOn('c3')], chosen)).toEqual({
      c1: { conditions: [CONFIGURED] },
      c2: { conditions: [CONFIGURED], configReferences: [reference('p1', 'h-p1')] },
      c3: { conditions: [WAITING] },
    })
  })

  it('leave an add-on as it is that took too long', () => {
    const strategy = { type: 'All', all: { progressDeadline: '1m' } } as const
    const since = {
      ...condition('Progressing', 'True', 'Progressing', ''),
      lastTransitionTime: '2026-01-01T11:00:00Z',
    }
    const status = { conditions: [since], configReferences: [reference('p1', 'h-p1')] }
    const late = addOn('c1', { status })
    expect(changes(placed({ rolloutStrategy: strategy }), [late], { p1: ['c1'] })).toEqual({})
  })
})

describe('progress of a Placement', () => {
  const told = (addOns: readonly ManagedClusterAddOn[], chosen: readonly string[]) => {
    const managed = placed({})
    const { placements } = configurationGraph(managed, addOns, decided({ p1: chosen }), NOW_MS)
    const patch = installProgressPatch(managed, placements, NOW_MS) as {
      installProgressions: NonNullable<NonNullable<typeof managed.status>['installProgressions']>
    }
    return patch.installProgressions[0]
  }
  const done = addOn('c1', { status: { configReferences: [applied('p1', 'h-p1')] } })

  it('is told while configurations are on their way', () => {
    expect(told([done, addOn('c2')], ['c1', 'c2', 'c3'])).toEqual({
      namespace: 'p',
      name: 'p1',
      configReferences: [{ ...CONFIGS, desiredConfig: wanted('p1', 'h-p1') }],
      conditions: [
        condition(
          'Progressing',
          'True',
          'Progressing',
          'selected clusters 3. configured addons 2/3 progressing..., 0 failed 0 timeout.',
        ),
      ],
    })
  })

  it('is complete when all clusters have them, which are then known to be good', () => {
    expect(told([done], ['c1'])).toEqual({
      namespace: 'p',
      name: 'p1',
      configReferences: [
        {
          ...CONFIGS,
          desiredConfig: wanted('p1', 'h-p1'),
          lastAppliedConfig: wanted('p1', 'h-p1'),
          lastKnownGoodConfig: wanted('p1', 'h-p1'),
        },
      ],
      conditions: [
        condition(
          'Progressing',
          'False',
          'Completed',
          'selected clusters 1. configured addons 1/1 completed with no errors, 0 failed 0 timeout.',
        ),
      ],
    })
  })

  it('is not complete without any cluster', () => {
    expect(told([], [])?.conditions).toEqual([
      condition(
        'Progressing',
        'True',
        'Progressing',
        'selected clusters 0. configured addons 0/0 progressing..., 0 failed 0 timeout.',
      ),
    ])
  })
})
