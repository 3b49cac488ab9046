import { describe, expect, it } from 'vitest'
import {
  AdmissionChain,
  DEFAULT_TOLERATIONS,
  podPriority,
  podServiceAccount,
} from '../../../src/controlplane/admission/index.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { admissionRequest, object } from './requests.ts'

const account = object('ServiceAccount', 'default')

function accounts(...known: readonly KubeObject[]) {
  return podServiceAccount({ get: (_, name) => known.find(({ metadata }) => metadata.name === name) })
}

function classes(...known: readonly KubeObject[]) {
  return podPriority({
    get: (name) => known.find(({ metadata }) => metadata.name === name),
    list: () => [...known],
  })
}

async function admitted(
  plugins: ConstructorParameters<typeof AdmissionChain>[0],
  spec: object,
  metadata = {},
) {
  const pod = object('Pod', 'p', { spec: { containers: [{ name: 'c' }], ...spec } }, metadata)
  const result = await new AdmissionChain(plugins).admit(admissionRequest({ object: pod }))
  return (result as KubeObject & { spec: Record<string, never> }).spec
}

describe('a new pod', () => {
  it('gets what the original gives it', async () => {
    const recorded = recordedExchange('pod create (defaulting)').response.body as {
      spec: {
        volumes: [{ name: string; projected: { sources: object[] } }]
        containers: [{ volumeMounts: object }]
      }
    }
    const [volume] = recorded.spec.volumes
    // A fork of Kubernetes was recorded, which has a certificate authority of its own.
    const sources = volume.projected.sources.filter((each) => !JSON.stringify(each).includes('openshift'))
    const spec = await admitted([accounts(account), classes(), DEFAULT_TOLERATIONS], {})
    const text = JSON.stringify(spec).replaceAll(/kube-api-access-[a-z0-9]{5}/g, volume.name)
    expect(JSON.parse(text)).toMatchObject({
      ...Object.fromEntries(
        ['serviceAccountName', 'serviceAccount', 'tolerations', 'priority', 'preemptionPolicy'].map(
          (name) => [name, recorded.spec[name as never]],
        ),
      ),
      volumes: [{ ...volume, projected: { ...volume.projected, sources } }],
      containers: [{ name: 'c', volumeMounts: recorded.spec.containers[0].volumeMounts }],
    })
  })
})

describe('the account of a pod', () => {
  it('must be there', async () => {
    await expect(admitted([accounts()], { serviceAccountName: 'bob' })).rejects.toMatchObject({
      reason: 'Forbidden',
      message:
        'pods "p" is forbidden: error looking up service account rec/bob: serviceaccount "bob" not found',
    })
  })

  it('may come a moment after its namespace', async () => {
    let calls = 0
    const plugin = podServiceAccount({ get: () => (++calls < 3 ? undefined : account) })
    expect(await admitted([plugin], {})).toHaveProperty('serviceAccountName', 'default')
  })

  it.each([
    ['the pod says so', { automountServiceAccountToken: false }, account],
    ['the account says so', {}, object('ServiceAccount', 'default', { automountServiceAccountToken: false })],
  ])('mounts no token when %s', async (_, spec, found) => {
    const result = await admitted([accounts(found)], spec)
    expect(result).not.toHaveProperty('volumes')
  })

  it('leaves a container alone that mounts something else there', async () => {
    const own = { name: 'own', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }
    const result = await admitted([accounts(account)], { containers: [{ name: 'c', volumeMounts: [own] }] })
    expect(result.containers).toEqual([{ name: 'c', volumeMounts: [own] }])
    expect(result).not.toHaveProperty('volumes')
  })

  it('gives the pod its pull secrets, unless the pod has its own', async () => {
    const found = object('ServiceAccount', 'default', { imagePullSecrets: [{ name: 'pull' }] })
    expect(await admitted([accounts(found)], {})).toHaveProperty('imagePullSecrets', [{ name: 'pull' }])
    const own = { imagePullSecrets: [{ name: 'own' }] }
    expect(await admitted([accounts(found)], own)).toMatchObject(own)
  })

  it('is not looked for where the pod mirrors one of a node', async () => {
    const metadata = { annotations: { 'kubernetes.io/config.mirror': 'x' } }
    expect(await admitted([accounts()], {}, metadata)).not.toHaveProperty('serviceAccountName')
  })
})

describe('the priority of a pod', () => {
  const low = object('PriorityClass', 'low', { value: 5, globalDefault: true })
  const high = object('PriorityClass', 'high', { value: 1000, preemptionPolicy: 'Never' })

  it.each([
    ['is that of its class', { priorityClassName: 'high' }, { priority: 1000, preemptionPolicy: 'Never' }],
    ['is that of the default class', {}, { priority: 5, priorityClassName: 'low' }],
    [
      'may be said when it is the right one',
      { priorityClassName: 'high', priority: 1000 },
      { priority: 1000 },
    ],
  ])('%s', async (_, spec, expected) => {
    expect(await admitted([classes(low, high)], spec)).toMatchObject(expected)
  })

  it.each([
    [{ priorityClassName: 'none' }, 'no PriorityClass with name none was found'],
    [
      { priority: 7 },
      'the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 5 from the given PriorityClass name',
    ],
  ])('refuses %j', async (spec, detail) => {
    const refused = admitted([classes(low)], spec)
    await expect(refused).rejects.toMatchObject({ message: `pods "p" is forbidden: ${detail}` })
  })
})

describe('the tolerations of a pod', () => {
  it.each([
    ['both are added', [], 2],
    ['one that is there stays alone', [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }], 2],
    ['what tolerates everything is enough', [{ operator: 'Exists' }], 1],
    ['another effect does not count', [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }], 3],
  ])('%s', async (_, tolerations, count) => {
    const spec = await admitted([DEFAULT_TOLERATIONS], { tolerations })
    expect(spec.tolerations).toHaveLength(count)
  })
})
