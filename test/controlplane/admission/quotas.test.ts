import { expect, it } from 'vitest'
import {
  AdmissionChain,
  type AdmissionRequest,
  Counters,
  QuotaUsage,
  resourceQuotas,
} from '../../../src/controlplane/admission/index.ts'
import { encodeObject, type KubeObject } from '../../../src/controlplane/registry/index.ts'
import { MemoryJournal, ObjectStore, objectKey } from '../../../src/controlplane/storage/index.ts'
import { admissionRequest, object } from './requests.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const RESOURCES = new Map([
  ['Pod', 'pods'],
  ['Service', 'services'],
  ['PersistentVolumeClaim', 'persistentvolumeclaims'],
  ['Secret', 'secrets'],
  ['ResourceQuota', 'resourcequotas'],
])

function resourceOf({ kind }: KubeObject): string {
  return RESOURCES.get(kind) as string
}

function quota(hard: object, spec: object = {}): KubeObject {
  return object('ResourceQuota', 'q', { spec: { hard, ...spec } }, { namespace: 'rec' })
}

function pod(name: string, resources: object = {}, rest: object = {}, more: object = {}): KubeObject {
  return object('Pod', name, { spec: { containers: [{ name: 'c', resources }], ...rest }, ...more })
}

function service(type: string, rest: object = {}): KubeObject {
  return object('Service', 's', {
    spec: { type, ports: [{ port: 80 }, { port: 81, nodePort: 30_000 }], ...rest },
  })
}

function claim(storage: string, storageClassName: string): KubeObject {
  const spec = { storageClassName, resources: { requests: { storage } } }
  return object('PersistentVolumeClaim', 'c', { spec })
}

async function usageOf(objects: readonly KubeObject[]) {
  const store = await ObjectStore.open(new MemoryJournal())
  for (const [index, each] of objects.entries()) {
    const key = objectKey(resourceOf(each), 'rec', `${each.metadata.name}${index}`)
    await store.write(key, () => ({ encode: (revision) => encodeObject(each, revision) }))
  }
  const counters = new Counters({ now: () => NOW })
  return { counters, usage: new QuotaUsage({ store, counters }) }
}

/** Why a request is refused beside what is there; undefined when it is not. */
async function refusal(
  stored: readonly KubeObject[],
  changes: Partial<AdmissionRequest> & { readonly object: KubeObject },
): Promise<string | undefined> {
  const chain = new AdmissionChain([resourceQuotas(await usageOf(stored))])
  const { kind } = changes.object
  const request = admissionRequest({ kind, resource: resourceOf(changes.object), ...changes })
  return chain.admit(request).then(
    () => undefined,
    (error: Error) => error.message,
  )
}

async function used(limits: KubeObject, objects: readonly KubeObject[]): Promise<object> {
  const { usage } = await usageOf(objects)
  return Object.fromEntries(usage.used(limits))
}

it.each<[string, KubeObject, KubeObject[], KubeObject, string]>([
  [
    'one too many',
    quota({ pods: '2' }),
    [pod('a'), pod('b')],
    pod('p'),
    'exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
  ],
  [
    'too much of two things',
    quota({ 'requests.cpu': '1', 'limits.memory': '1Gi', pods: '9' }),
    [pod('a', { requests: { cpu: '500m' }, limits: { memory: '512Mi' } })],
    pod('p', { requests: { cpu: '600m' }, limits: { memory: '768Mi' } }),
    'exceeded quota: q, requested: limits.memory=768Mi,requests.cpu=600m, used: limits.memory=512Mi,requests.cpu=500m, limited: limits.memory=1Gi,requests.cpu=1',
  ],
  [
    'what it does not say',
    quota({ 'limits.cpu': '1', 'requests.memory': '1Gi' }),
    [],
    pod('p', { requests: { memory: '1Mi' } }, { initContainers: [{ name: 'i' }] }),
    'failed quota: q: must specify limits.cpu for: c,i; requests.memory for: i',
  ],
  [
    'its priority class',
    quota(
      { pods: '0' },
      {
        scopeSelector: {
          matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }],
        },
      },
    ),
    [pod('a')],
    pod('p', {}, { priorityClassName: 'high' }),
    'exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0',
  ],
])('refuses a pod for %s', async (_, limits, stored, given, detail) => {
  expect(await refusal([limits, ...stored], { object: given })).toBe(`pods "p" is forbidden: ${detail}`)
})

it.each<[string, KubeObject, KubeObject]>([
  ['what a quota has no word for', quota({ secrets: '0' }), pod('p')],
  ['what is just allowed', quota({ 'requests.cpu': '1' }), pod('p', { requests: { cpu: '1000m' } })],
  [
    'what a scope leaves out',
    quota({ pods: '0' }, { scopes: ['BestEffort'] }),
    pod('p', { limits: { cpu: '1' } }),
  ],
  ['what another scope leaves out', quota({ pods: '0' }, { scopes: ['Terminating'] }), pod('p')],
  [
    'what no scope is for',
    quota({ 'count/secrets': '0' }, { scopes: ['NotBestEffort'] }),
    object('Secret', 's'),
  ],
])('admits %s', async (_, limits, given) => {
  expect(await refusal([limits], { object: given })).toBeUndefined()
})

it('asks nothing of subresources, nor of changes of pods', async () => {
  const limits = quota({ pods: '0' })
  expect(await refusal([limits], { object: pod('p'), subresource: 'eviction' })).toBeUndefined()
  expect(
    await refusal([limits], { object: pod('p'), oldObject: pod('p'), operation: 'UPDATE' }),
  ).toBeUndefined()
})

it('counts of a larger claim only what is more', async () => {
  const limits = quota({
    'requests.storage': '3Gi',
    'fast.storageclass.storage.k8s.io/requests.storage': '2Gi',
  })
  const old = claim('1Gi', 'fast')
  const grow = (storage: string) =>
    refusal([limits, old], { operation: 'UPDATE', oldObject: old, object: claim(storage, 'fast') })
  expect(await grow('2Gi')).toBeUndefined()
  expect(await grow('3Gi')).toBe(
    'persistentvolumeclaims "c" is forbidden: exceeded quota: q, requested: fast.storageclass.storage.k8s.io/requests.storage=2Gi, used: fast.storageclass.storage.k8s.io/requests.storage=1Gi, limited: fast.storageclass.storage.k8s.io/requests.storage=2Gi',
  )
})

it('counts a pod that has ended only as an object', async () => {
  const ending = { deletionTimestamp: '2025-12-31T23:59:00Z', deletionGracePeriodSeconds: 30 }
  const pods = [
    pod('a', { requests: { cpu: '1' } }),
    pod('b', { requests: { cpu: '1' } }, {}, { status: { phase: 'Succeeded' } }),
    object('Pod', 'c', { spec: { containers: [] } }, ending),
  ]
  const limits = quota({ pods: '9', cpu: '9', 'count/pods': '9' })
  expect(await used(limits, pods)).toEqual({ pods: '1', cpu: '1', 'count/pods': '3' })
})

it('counts the most that a pod takes at once', async () => {
  const container = (name: string, cpu: string, rest: object = {}) => ({
    name,
    resources: { requests: { cpu, 'example.com/gpu': '1' } },
    ...rest,
  })
  const spec = {
    initContainers: [container('side', '100m', { restartPolicy: 'Always' }), container('i', '2')],
    containers: [container('a', '500m'), container('b', '500m')],
    overhead: { cpu: '50m' },
  }
  const limits = quota({ 'requests.cpu': '9', 'requests.example.com/gpu': '9', 'requests.memory': '1Gi' })
  expect(await used(limits, [pod('a', {}, spec)])).toEqual({
    'requests.cpu': '2150m',
    'requests.example.com/gpu': '3',
    'requests.memory': '0',
  })
})

it.each<[string, KubeObject, string, string]>([
  ['behind a cluster IP', service('ClusterIP'), '0', '0'],
  ['on nodes', service('NodePort'), '2', '0'],
  ['behind a load balancer', service('LoadBalancer'), '2', '1'],
  ['with few ports on nodes', service('LoadBalancer', { allocateLoadBalancerNodePorts: false }), '1', '1'],
])('counts the ports of a service %s', async (_, given, nodePorts, loadBalancers) => {
  const limits = quota({
    services: '9',
    'services.nodeports': '9',
    'services.loadbalancers': '9',
    nonsense: '1',
  })
  expect(await used(limits, [given])).toEqual({
    services: '1',
    'services.nodeports': nodePorts,
    'services.loadbalancers': loadBalancers,
  })
})
