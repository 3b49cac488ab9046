import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTER_ADD_ONS } from '../../../src/apis/addon/v1alpha1.ts'
import { CLUSTER_SET_LABEL, HUB_ACCEPTED_CONDITION } from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { MANAGED_CLUSTER_SETS } from '../../../src/apis/cluster/v1beta2.ts'
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLES,
  LEASES,
  NAMESPACES,
  ROLE_BINDINGS,
} from '../../../src/apis/resources.ts'
import { createCertificateRequest } from '../../../src/pki/index.ts'
import { clusterSubject, clusterUser } from '../../../src/registration/cluster-identity.ts'
import { type AnyObject, conditionsOf, conditionText, HubBench } from './hub-bench.ts'

const CLUSTER_LABEL = 'open-cluster-management.io/cluster-name'
const SIGNER = 'kubernetes.io/kube-apiserver-client'

let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start()
})

afterAll(() => hub.close())

const accept = (name: string, metadata: object = {}) =>
  hub.create(MANAGED_CLUSTERS, { metadata: { ...metadata, name }, spec: { hubAcceptsClient: true } })
const untilAccepted = (name: string) =>
  hub.untilOne(MANAGED_CLUSTERS, { name }, (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True')

describe('a cluster with the name of what every object has', () => {
  const name = 'constructor'

  it('is a cluster as any other, and so are its set and its add-on', async () => {
    await hub.create(MANAGED_CLUSTER_SETS, { metadata: { name }, spec: {} })
    await accept(name, { labels: { [CLUSTER_SET_LABEL]: name, constructor: 'x', valueOf: 'y' } })
    await untilAccepted(name)
    await hub.untilOne(LEASES, { namespace: name, name: 'managed-cluster-lease' }, () => true)
    await hub.untilOne(MANAGED_CLUSTER_SETS, { name }, (set) =>
      Boolean(conditionText(set, 'ClusterSetEmpty')?.endsWith('1 ManagedClusters selected')),
    )
    await hub.create(MANAGED_CLUSTER_ADD_ONS, { metadata: { namespace: name, name }, spec: {} })
    await hub.resource(MANAGED_CLUSTERS).delete({ name })
    await hub.untilGone(MANAGED_CLUSTERS, { name })
    expect(await hub.resource(MANAGED_CLUSTER_ADD_ONS).find({ namespace: name, name })).toBeUndefined()
  })
})

describe('a cluster with as many labels and annotations as the API takes', () => {
  it('is accepted and denied as any other', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`example.com/${index}`, 'x'.repeat(60)]),
    )
    await accept('giant', { labels: many, annotations: { a: 'x'.repeat(200_000) } })
    const accepted = await untilAccepted('giant')
    expect(accepted.metadata.annotations?.a).toHaveLength(200_000)
    const role = { name: 'open-cluster-management:managedcluster:giant' }
    const { metadata } = await hub.resource(CLUSTER_ROLES).get(role)
    expect(metadata.labels).toEqual({ [CLUSTER_LABEL]: 'giant' })
    await hub.merge(MANAGED_CLUSTERS, { name: 'giant' }, { spec: { hubAcceptsClient: false } })
    await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'giant' },
      (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'False',
    )
  })
})

describe('a cluster that no namespace can be named after, where no webhook has refused it', () => {
  it('is not accepted, says why, and can be deleted', async () => {
    await accept('not.a.label')
    const refused = await hub.untilOne(MANAGED_CLUSTERS, { name: 'not.a.label' }, (each) =>
      Boolean(conditionText(each, HUB_ACCEPTED_CONDITION)),
    )
    expect(conditionText(refused, HUB_ACCEPTED_CONDITION)).toMatch(/^False Error: .*not\.a\.label/s)
    expect(
      await hub.resource(CLUSTER_ROLES).find({ name: 'open-cluster-management:managedcluster:not.a.label' }),
    ).toBeUndefined()
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'not.a.label' })
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'not.a.label' })
  })
})

describe('a namespace that is there before its cluster', () => {
  it('keeps what it has, and is the cluster’s', async () => {
    const labels = { owner: 'somebody' }
    await hub.resource(NAMESPACES).create({ metadata: { name: 'early', labels } } as unknown as AnyObject)
    await accept('early')
    await untilAccepted('early')
    const { metadata } = await hub.resource(NAMESPACES).get({ name: 'early' })
    expect(metadata.labels).toMatchObject({ ...labels, [CLUSTER_LABEL]: 'early' })
    const { items } = await hub.resource(ROLE_BINDINGS).list({ namespace: 'early' })
    expect(items).toHaveLength(2)
  })
})

describe('a flood of signing requests', () => {
  const FLOOD = 300

  it('of one cluster, odd ones among them, keeps no other from the renewal of its certificate', async () => {
    await accept('quiet')
    await untilAccepted('quiet')
    const requests = hub.resource(CERTIFICATE_SIGNING_REQUESTS)
    const encode = (text: string) => Buffer.from(text).toString('base64')
    const usages = ['digital signature', 'key encipherment', 'client auth']
    const { requestPem, privateKeyPem } = await createCertificateRequest(clusterSubject('loud', 'agent'))
    const { requestPem: crowded } = await createCertificateRequest({
      commonName: clusterUser('loud', 'agent'),
      organizations: Array.from({ length: 1000 }, (_, index) => `group-${index}`),
      privateKeyPem,
    })
    await Promise.all(
      Array.from({ length: FLOOD }, (_, index) =>
        requests.create({
          metadata: { generateName: 'loud-', labels: { [CLUSTER_LABEL]: 'loud' } },
          spec: { request: encode(index % 10 === 0 ? crowded : requestPem), signerName: SIGNER, usages },
        } as unknown as AnyObject),
      ),
    )
    const own = await createCertificateRequest(clusterSubject('quiet', 'agent'))
    const user = clusterUser('quiet', 'agent')
    const { organizations = [] } = clusterSubject('quiet', 'agent')
    const created = await hub
      .impersonating(user, [...organizations, 'system:authenticated'])
      .resource<AnyObject>(CERTIFICATE_SIGNING_REQUESTS)
      .create({
        metadata: { generateName: 'quiet-', labels: { [CLUSTER_LABEL]: 'quiet' } },
        spec: { request: encode(own.requestPem), signerName: SIGNER, usages },
      } as unknown as AnyObject)
    const { name = '' } = created.metadata
    await hub.untilOne(CERTIFICATE_SIGNING_REQUESTS, { name }, ({ status }) =>
      Boolean(status?.conditions?.some(({ type }: { type: string }) => type === 'Approved')),
    )
    const { items } = await requests.listAll({ labelSelector: `${CLUSTER_LABEL}=loud` })
    expect(items).toHaveLength(FLOOD)
    expect(items.filter(({ status }) => status?.conditions?.length)).toEqual([])
  })
})
