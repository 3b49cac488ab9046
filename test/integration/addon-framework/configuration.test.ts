import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Json } from '../../support/api-client.ts'
import { untilStill } from '../../support/until.ts'
import { AddOnHub, conditionOf } from './hub.ts'

const GROUP = 'addon.open-cluster-management.io'
const CONFIGS = { group: GROUP, resource: 'addondeploymentconfigs' }
const TEMPLATES = { group: GROUP, resource: 'addontemplates' }

/** Of such an object with a variable of that name and value, in the original's own tests. */
const HASHES: Readonly<Record<string, string>> = {
  test: 'ea4e6089e8b2f584c1cd8b86e16a15df3186b30744f433ede7436091c93a4cc7',
  test1: 'b746cc98936955dd2168640f0011a14f2a74be306c747bc8ba829328cc772690',
  test2: '3e6348b0c0f0a341ce28d0a2f99bc41fc63fb17d947eb5a45284729fbeb63b32',
  test3: '9b3c6d09731ed254589fa4fc2936e6fb00537de92da5e035183da313eb98d27e',
}

describe('configuration of add-ons', () => {
  let hub: AddOnHub
  let count = 0
  /** Of the add-on, its template, and the namespace of its Placements and configurations. */
  let name = ''

  beforeAll(async () => {
    hub = await AddOnHub.start()
    for (const cluster of ['c1', 'c2', 'c3']) await hub.cluster(cluster)
  })

  afterAll(() => hub.close())

  beforeEach(async () => {
    name = `a${++count}`
    await hub.namespace(name)
    await hub.create(`/apis/${GROUP}/v1alpha1/addontemplates`, 'AddOnTemplate', {
      metadata: { name },
      spec: { addonName: name, agentSpec: { workload: { manifests: [] } }, registration: [] },
    })
  })

  const configs = () => `/apis/${GROUP}/v1alpha1/namespaces/${name}/addondeploymentconfigs`
  const variables = (value: string) => ({ customizedVariables: [{ name: value, value }], proxyConfig: {} })
  const config = (value: string) =>
    hub.create(configs(), 'AddOnDeploymentConfig', { metadata: { name: value }, spec: variables(value) })
  const supported = (defaultConfig?: Json) => [
    { ...TEMPLATES, defaultConfig: { name } },
    { ...CONFIGS, ...(defaultConfig && { defaultConfig }) },
  ]
  const byPlacement = (rest: Json) => ({
    type: 'Placements',
    placements: [{ namespace: name, name: 'one', ...rest }],
  })
  const hashIn = (references: Json[] | undefined, configName: string): string | undefined =>
    references?.find(({ desiredConfig }) => desiredConfig?.name === configName && desiredConfig.namespace)
      ?.desiredConfig.specHash
  const hashed = (cluster: string, configName: string, hash: string | undefined) =>
    hub.seen(
      hub.addOnPath(cluster, name),
      `${cluster} has ${configName} with its hash`,
      ({ status }) => hash !== undefined && hashIn(status?.configReferences, configName) === hash,
    )

  it('takes defaults to add-ons, and what they say now', async () => {
    await config('test')
    await hub.management(name, { supportedConfigs: supported({ namespace: name, name: 'test' }) })
    await hub.addOn('c1', name)
    const { status } = await hashed('c1', 'test', HASHES.test)
    const desired = { namespace: name, name: 'test', specHash: HASHES.test }
    const [reference, template] = status.configReferences
    expect(reference).toEqual({
      ...CONFIGS,
      namespace: name,
      name: 'test',
      lastObservedGeneration: 1,
      desiredConfig: desired,
    })
    expect(template).toMatchObject({ ...TEMPLATES, name, desiredConfig: { name } })
    expect(status.conditions).toMatchObject([
      {
        type: 'Configured',
        status: 'True',
        reason: 'ConfigurationsConfigured',
        message: 'Configurations configured',
      },
    ])
    const management = await hub.server.admin.get(hub.managementPath(name))
    expect(management.json.status.defaultconfigReferences).toMatchObject([
      { ...TEMPLATES, desiredConfig: { name, specHash: expect.stringMatching(/^[0-9a-f]{64}$/) } },
      { ...CONFIGS, desiredConfig: desired },
    ])
    expect(management.json.status).not.toHaveProperty('installProgressions')

    await hub.patch(`${configs()}/test`, { spec: variables('test2') })
    await hashed('c1', 'test', HASHES.test2)
    await hub.seen(
      hub.addOnPath('c1', name),
      'the new generation is seen',
      (addOn) => addOn.status.configReferences[0].lastObservedGeneration === 2,
    )
  })

  it('prefers those of the Placement to defaults, and those of the add-on to both', async () => {
    for (const each of ['test', 'test1', 'test3']) await config(each)
    await hub.placement(name, 'one', 'c1', 'c2')
    await hub.management(name, {
      supportedConfigs: supported({ namespace: name, name: 'test' }),
      installStrategy: byPlacement({ configs: [{ ...CONFIGS, namespace: name, name: 'test1' }] }),
    })
    await hub.installed(name, 'c1', 'c2')
    await hashed('c1', 'test1', HASHES.test1)
    await hub.patch(hub.addOnPath('c1', name), {
      spec: { configs: [{ ...CONFIGS, namespace: name, name: 'test3' }] },
    })
    const { status } = await hashed('c1', 'test3', HASHES.test3)
    expect(status.configReferences).toHaveLength(2)
    await hashed('c2', 'test1', HASHES.test1)

    await hub.patch(hub.managementPath(name), { spec: { installStrategy: byPlacement({}) } })
    await hashed('c2', 'test', HASHES.test)
    await hashed('c1', 'test3', HASHES.test3)
    await hub.patch(hub.addOnPath('c1', name), { spec: { configs: null } })
    await hashed('c1', 'test', HASHES.test)
  })

  it('keeps the pace of the rollout', async () => {
    await config('test')
    await hub.placement(name, 'one', 'c1', 'c2', 'c3')
    const rolloutStrategy = { type: 'Progressive', progressive: { maxConcurrency: 1 } }
    await hub.management(name, {
      supportedConfigs: supported({ namespace: name, name: 'test' }),
      installStrategy: byPlacement({ rolloutStrategy }),
    })
    await hub.installed(name, 'c1', 'c2', 'c3')
    const { status } = await hashed('c1', 'test', HASHES.test)
    for (const cluster of ['c2', 'c3']) {
      const addOn = await hub.seen(hub.addOnPath(cluster, name), `${cluster} waits`, (each) =>
        Boolean(conditionOf(each, 'Configured')),
      )
      expect(conditionOf(addOn, 'Configured')).toMatchObject({
        status: 'False',
        reason: 'ConfigurationsNotConfigured',
        message: 'Configurations updated and not configured yet',
      })
      expect(addOn.status).not.toHaveProperty('configReferences')
    }

    // What a deployment says that has come through.
    const done = status.configReferences.map((each: Json) => ({
      ...each,
      lastAppliedConfig: each.desiredConfig,
    }))
    await hub.patch(`${hub.addOnPath('c1', name)}/status`, { status: { configReferences: done } })
    await hashed('c2', 'test', HASHES.test)
    const management = await hub.seen(hub.managementPath(name), 'one is done', (each) =>
      each.status.installProgressions?.[0]?.conditions?.[0]?.message.includes('addons 2/3'),
    )
    expect(management.status.installProgressions).toMatchObject([
      {
        namespace: name,
        name: 'one',
        configReferences: [
          { ...CONFIGS, desiredConfig: { namespace: name, name: 'test', specHash: HASHES.test } },
          { ...TEMPLATES, desiredConfig: { name } },
        ],
        conditions: [
          {
            type: 'Progressing',
            status: 'True',
            reason: 'Progressing',
            message: 'selected clusters 3. configured addons 2/3 progressing..., 0 failed 0 timeout.',
          },
        ],
      },
    ])
  })

  it('comes to rest', async () => {
    await config('test')
    await hub.placement(name, 'one', 'c1', 'c2')
    await hub.management(name, {
      supportedConfigs: supported({ namespace: name, name: 'test' }),
      installStrategy: byPlacement({}),
    })
    await hub.installed(name, 'c1', 'c2')
    await hashed('c1', 'test', HASHES.test)
    await hashed('c2', 'test', HASHES.test)
    const version = async () => {
      const { json } = await hub.server.admin.get(hub.managementPath(name))
      const all = [json, ...(await hub.addOns(name)).values()]
      return Math.max(...all.map(({ metadata }) => Number(metadata.resourceVersion)))
    }
    expect(await untilStill(version)).toBeGreaterThan(0)
  })

  it('leaves hashes to the manager of an add-on that is not made of templates', async () => {
    await config('test')
    const supportedConfigs = [{ ...CONFIGS, defaultConfig: { namespace: name, name: 'test' } }]
    await hub.management(name, { supportedConfigs })
    await hub.addOn('c1', name)
    const { status } = await hub.seen(hub.addOnPath('c1', name), 'it is configured', (addOn) =>
      Boolean(addOn.status?.configReferences),
    )
    expect(status.configReferences).toMatchObject([{ name: 'test', desiredConfig: { specHash: '' } }])

    const reference = { ...CONFIGS, desiredConfig: { namespace: name, name: 'test', specHash: 'theirs' } }
    await hub.patch(`${hub.managementPath(name)}/status`, {
      status: { defaultconfigReferences: [reference] },
    })
    await hashed('c1', 'test', 'theirs')
  })
})
