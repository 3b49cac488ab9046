import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KLUSTERLETS } from '../../../src/apis/operator/v1.ts'
import type { PolicyRule } from '../../../src/apis/rbac/v1.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  ROLES,
} from '../../../src/apis/resources.ts'
import { AGENT_NAMESPACE, KlusterletBench, SETUP_TIMEOUT_MS } from './klusterlet-bench.ts'

const OPERATOR_ROLE = { name: 'klusterlet' }

let bench: KlusterletBench
let rules: readonly PolicyRule[]

beforeAll(async () => {
  bench = await KlusterletBench.start()
  await bench.install({ bootstrapKubeconfig: bench.hubKubeconfig('administrator') })
  rules = (await bench.managed.resource(CLUSTER_ROLES).get(OPERATOR_ROLE)).rules
  bench.startOperator()
  await bench.untilCondition('Applied', 'True KlusterletApplied')
}, SETUP_TIMEOUT_MS)

afterAll(() => bench.close())

const setRules = (wanted: readonly PolicyRule[]) =>
  bench.managed.resource(CLUSTER_ROLES).patch(OPERATOR_ROLE, { type: 'merge', body: { rules: wanted } })
const withoutRightOn = (plural: string) =>
  setRules(rules.filter(({ resources }) => !resources?.includes(plural)))
const messageOfApplied = async (reason: string): Promise<string> => {
  const { status } = await bench.untilCondition('Applied', `False ${reason}`)
  return status.conditions.find(({ type }: { type: string }) => type === 'Applied').message
}

/** What is put back as soon as it is missing: each belongs to another stage. */
const MISSING = [
  {
    stage: 'the CRDs',
    definition: CUSTOM_RESOURCE_DEFINITIONS,
    key: { name: 'clusterclaims.cluster.open-cluster-management.io' },
    reason: 'CRDApplyFailed',
  },
  {
    stage: 'rights on the managed cluster',
    definition: CLUSTER_ROLE_BINDINGS,
    key: { name: 'open-cluster-management:klusterlet-work:execution-admin' },
    reason: 'ManagedClusterResourceApplyFailed',
  },
  {
    stage: 'rights where agents run',
    definition: ROLES,
    key: { namespace: AGENT_NAMESPACE, name: 'open-cluster-management:management:klusterlet-work:agent' },
    reason: 'ManagementClusterResourceApplyFailed',
  },
  {
    stage: 'the agents',
    definition: DEPLOYMENTS,
    key: { namespace: AGENT_NAMESPACE, name: 'klusterlet-registration-agent' },
    reason: 'KlusterletApplyFailed',
  },
] as const

describe('an operator that may not do all it should', () => {
  it.each(MISSING)('says that it has failed to make $stage, and makes them once it may', async (missing) => {
    const { definition, key, reason } = missing
    const before = (await bench.managed.resource(KLUSTERLETS).get({ name: 'klusterlet' })).status
    await withoutRightOn(definition.plural)
    await bench.managed.resource(definition).delete(key)
    expect(await messageOfApplied(reason)).toContain(`${key.name}"`)
    const failed = (await bench.managed.resource(KLUSTERLETS).get({ name: 'klusterlet' })).status
    expect(failed.relatedResources).toEqual(before.relatedResources)
    await setRules(rules)
    await bench.untilCondition('Applied', 'True KlusterletApplied')
    expect(await bench.managed.resource(definition).find(key)).toBeDefined()
  })
})
