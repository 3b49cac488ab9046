import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AnyObject, CONFIG_MAPS, ControllersBench, SECRETS } from './controllers-bench.ts'

const CLUSTER_INFO = { namespace: 'kube-public', name: 'cluster-info' }
const CLUSTER_ROLES = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  namespaced: false,
}

let bench: ControllersBench

beforeAll(async () => {
  bench = await ControllersBench.start()
})

afterAll(() => bench.close())

const ruleFor = (resource: string) => ({ verbs: ['get'], apiGroups: ['example.com'], resources: [resource] })
const part = (name: string, resource: string) =>
  bench.resource(CLUSTER_ROLES).create({
    metadata: { name, labels: { 'example.com/sum': 'yes' } },
    rules: [ruleFor(resource)],
  } as unknown as AnyObject)
const untilRules = async (...resources: string[]) => {
  const roles = await bench.until(
    CLUSTER_ROLES,
    {},
    (all) => all.get('sum')?.rules?.length === resources.length,
  )
  expect(roles.get('sum')?.rules).toEqual(resources.map(ruleFor))
}

describe('a cluster role that aggregates others', () => {
  it('has their rules, as they come and go, also while nobody looks', async () => {
    await part('part-b', 'bs')
    await bench.resource(CLUSTER_ROLES).create({
      metadata: { name: 'sum' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'example.com/sum': 'yes' } }] },
      rules: [],
    } as unknown as AnyObject)
    await untilRules('bs')
    await part('part-a', 'as')
    await untilRules('as', 'bs')
    await bench.resource(CLUSTER_ROLES).delete({ name: 'part-b' })
    await untilRules('as')
    await bench.stopControllers()
    await part('part-c', 'cs')
    await bench.startControllers()
    await untilRules('as', 'cs')
  })

  it('gets its rules back when somebody else writes them', async () => {
    const body = { rules: [ruleFor('stolen'), ruleFor('more'), ruleFor('than it has')] }
    await bench.resource(CLUSTER_ROLES).patch({ name: 'sum' }, { type: 'merge', body })
    await untilRules('as', 'cs')
  })
})

describe('a bootstrap token', () => {
  const token = (id: string, expiration: string) =>
    bench.resource(SECRETS).create({
      metadata: { namespace: 'kube-system', name: `bootstrap-token-${id}` },
      type: 'bootstrap.kubernetes.io/token',
      stringData: { 'token-id': id, 'token-secret': '0123456789abcdef', expiration },
    } as unknown as AnyObject)

  it('is deleted when it has expired, and at the moment when it does', async () => {
    await token('aaaaaa', '2020-01-01T00:00:00Z')
    await token('bbbbbb', new Date(Date.now() + 1500).toISOString())
    await token('cccccc', '2120-01-01T00:00:00Z')
    await bench.untilGone(SECRETS, 'kube-system/bootstrap-token-aaaaaa', 'kube-system/bootstrap-token-bbbbbb')
    const kept = { namespace: 'kube-system', name: 'bootstrap-token-cccccc' }
    expect(await bench.resource(SECRETS).find(kept)).toBeDefined()
  })

  it('signs cluster-info as long as it is there', async () => {
    await bench
      .resource(CONFIG_MAPS)
      .create({ metadata: CLUSTER_INFO, data: { kubeconfig: 'x' } } as AnyObject)
    const signed = {
      'token-id': 'dddddd',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-signing': 'true',
    }
    const key = { namespace: 'kube-system', name: 'bootstrap-token-dddddd' }
    await bench.resource(SECRETS).create({
      metadata: key,
      type: 'bootstrap.kubernetes.io/token',
      stringData: signed,
    } as unknown as AnyObject)
    const until = (isSigned: boolean) =>
      bench.until(CONFIG_MAPS, { namespace: 'kube-public' }, (objects) => {
        const data = objects.get('kube-public/cluster-info')?.data ?? {}
        return 'jws-kubeconfig-dddddd' in data === isSigned
      })
    await until(true)
    await bench.resource(SECRETS).delete(key)
    await until(false)
  })
})
