import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KLUSTERLET_FINALIZER } from '../../../src/apis/operator/constants.ts'
import { KLUSTERLETS } from '../../../src/apis/operator/v1.ts'
import type { PolicyRule } from '../../../src/apis/rbac/v1.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  NAMESPACES,
  ROLE_BINDINGS,
  ROLES,
} from '../../../src/apis/resources.ts'
import { APPLIED_MANIFEST_WORK_FINALIZER } from '../../../src/apis/work/constants.ts'
import { APPLIED_MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import type { AnyObject } from '../kube-controllers/controllers-bench.ts'
import { ADDON_NAMESPACE, AGENT_NAMESPACE, KlusterletBench, SETUP_TIMEOUT_MS } from './klusterlet-bench.ts'

const LABEL = 'open-cluster-management.io/created-by-klusterlet'

let bench: KlusterletBench

beforeEach(async () => {
  bench = await KlusterletBench.start()
  await bench.install({ bootstrapKubeconfig: bench.hubKubeconfig('administrator') })
  await bench.putSecret('hub-kubeconfig-secret', { kubeconfig: bench.hubKubeconfig('administrator') })
  bench.startOperator()
  await bench.untilCondition('Available', 'True KlusterletAvailable')
}, SETUP_TIMEOUT_MS)

afterEach(() => bench.close())

const remove = (name = 'klusterlet') => bench.managed.resource(KLUSTERLETS).delete({ name })
const untilRemoved = (name = 'klusterlet') => bench.managed.untilGone(KLUSTERLETS, name)
const appliedWork = (name: string, agentID: string) =>
  bench.managed.resource(APPLIED_MANIFEST_WORKS).create({
    kind: 'AppliedManifestWork',
    metadata: { name, finalizers: [APPLIED_MANIFEST_WORK_FINALIZER] },
    spec: { hubHash: 'hub', manifestWorkName: name, agentID },
  } as unknown as AnyObject)
const finalizersOf = async (name: string) =>
  (await bench.managed.resource(APPLIED_MANIFEST_WORKS).get({ name })).metadata.finalizers

/** What has the label of the Klusterlet, in namespaces that stay, by kind. */
async function leftovers(klusterlet = 'klusterlet'): Promise<string[]> {
  const labelSelector = `${LABEL}=${klusterlet}`
  const lists = await Promise.all(
    [CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, ROLES, ROLE_BINDINGS, DEPLOYMENTS].map((definition) =>
      bench.managed.resource(definition).list({ labelSelector }),
    ),
  )
  return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata.name}`))
}

/** Both look at the world again, and neither changes the namespace that they share. */
async function expectNoQuarrel(names: readonly string[]): Promise<void> {
  const versionOf = async () =>
    (await bench.managed.resource(NAMESPACES).get({ name: ADDON_NAMESPACE })).metadata.resourceVersion
  const putBack = async () => {
    for (const each of names) {
      const name = `open-cluster-management:${each}-work:execution-admin`
      await bench.managed.resource(CLUSTER_ROLE_BINDINGS).delete({ name })
      await bench.until(CLUSTER_ROLE_BINDINGS, name, () => true)
      await bench.untilCondition('Applied', 'True KlusterletApplied', each)
    }
  }
  await putBack()
  const before = await versionOf()
  await putBack()
  expect(await versionOf()).toBe(before)
}

describe('a Klusterlet that is deleted', { timeout: SETUP_TIMEOUT_MS }, () => {
  it('takes along all that was made for it, lets go of what was applied, and leaves the CRDs', async () => {
    const { uid = '' } = (await bench.managed.resource(KLUSTERLETS).get({ name: 'klusterlet' })).metadata
    await appliedWork('own', uid)
    await appliedWork('of-another', 'another-agent')
    await remove()
    await untilRemoved()
    expect(await leftovers()).toEqual([])
    await bench.managed.untilGone(NAMESPACES, AGENT_NAMESPACE, ADDON_NAMESPACE)
    expect(await finalizersOf('own')).toBeUndefined()
    expect(await finalizersOf('of-another')).toEqual([APPLIED_MANIFEST_WORK_FINALIZER])
    const crd = await bench.managed
      .resource(CUSTOM_RESOURCE_DEFINITIONS)
      .get({ name: 'appliedmanifestworks.work.open-cluster-management.io' })
    expect(crd.metadata.annotations ?? {}).not.toHaveProperty('operator.open-cluster-management.io/version')
  })

  it('goes though its hub is gone', async () => {
    await bench.hub.stop()
    await remove()
    await untilRemoved()
    expect(await leftovers()).toEqual([])
  })

  it('goes when its operator is killed half way and started anew', async () => {
    const operatorRole = { name: 'klusterlet' }
    const { rules } = await bench.managed.resource(CLUSTER_ROLES).get(operatorRole)
    const setRules = (wanted: unknown) =>
      bench.managed.resource(CLUSTER_ROLES).patch(operatorRole, { type: 'merge', body: { rules: wanted } })
    const isOfNamespaces = ({ resources }: PolicyRule) => resources?.includes('namespaces') === true
    await setRules(rules.filter((rule: PolicyRule) => !isOfNamespaces(rule)))
    await remove()
    await bench.managed.untilGone(CLUSTER_ROLES, 'open-cluster-management:klusterlet-work:aggregate')
    await bench.untilCondition('Deleting', 'False DeletingError')
    await bench.stopOperator()
    expect(await bench.namespaceNames()).toEqual(expect.arrayContaining([AGENT_NAMESPACE, ADDON_NAMESPACE]))
    expect((await leftovers()).length).toBeGreaterThan(0)
    await setRules(rules)
    bench.startOperator()
    await untilRemoved()
    expect(await leftovers()).toEqual([])
    await bench.managed.untilGone(NAMESPACES, AGENT_NAMESPACE, ADDON_NAMESPACE)
  })

  it('takes its agents along though it was set to a mode that is unknown here', async () => {
    await bench.edit({ deployOption: { mode: 'Hosted' } })
    await bench.untilCondition('ReadyToApply', 'False KlusterletPrepareFailed')
    await remove()
    await untilRemoved()
    expect(await leftovers()).toEqual([])
    await bench.managed.untilGone(NAMESPACES, AGENT_NAMESPACE, ADDON_NAMESPACE)
  })

  it('stays, and says why, where another operator has made its agents run elsewhere', async () => {
    await bench.stopOperator()
    const klusterlets = bench.managed.resource(KLUSTERLETS)
    const deployment = {
      group: 'apps',
      version: 'v1',
      resource: 'deployments',
      namespace: 'hosted',
      name: 'x',
    }
    await klusterlets.create({
      kind: 'Klusterlet',
      metadata: { name: 'hosted', finalizers: [KLUSTERLET_FINALIZER] },
      spec: { deployOption: { mode: 'Hosted' } },
    } as unknown as AnyObject)
    const status = { relatedResources: [deployment] }
    await klusterlets.patchStatus({ name: 'hosted' }, { type: 'merge', body: { status } })
    await remove('hosted')
    bench.startOperator()
    const kept = await bench.untilCondition('ReadyToApply', 'False KlusterletPrepareFailed', 'hosted')
    expect(kept.metadata.finalizers).toEqual([KLUSTERLET_FINALIZER])
    const body = { metadata: { finalizers: null } }
    await klusterlets.patch({ name: 'hosted' }, { type: 'merge', body })
    await untilRemoved('hosted')
  })

  it('leaves the namespace of add-ons to another Klusterlet, the last of which takes it along', async () => {
    const namespace = 'open-cluster-management-second'
    const second = { name: 'second', klusterletNamespace: namespace, clusterName: 'cluster2' }
    await bench.installKlusterlet(second)
    await bench.untilCondition('RegistrationDesiredDegraded', 'False DeploymentsFunctional', 'second')
    await bench.until(DEPLOYMENTS, `${namespace}/second-registration-agent`, () => true)
    await expectNoQuarrel(['klusterlet', 'second'])
    await remove()
    await untilRemoved()
    await bench.managed.untilGone(NAMESPACES, AGENT_NAMESPACE)
    expect(await bench.namespaceNames()).toEqual(expect.arrayContaining([namespace, ADDON_NAMESPACE]))
    expect((await leftovers('second')).length).toBeGreaterThan(0)
    await remove('second')
    await untilRemoved('second')
    await bench.managed.untilGone(NAMESPACES, namespace, ADDON_NAMESPACE)
    expect(await leftovers('second')).toEqual([])
  })
})
