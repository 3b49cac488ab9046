import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTER_ADD_ONS } from '../../../src/apis/addon/v1alpha1.ts'
import type { CertificateSigningRequest } from '../../../src/apis/certificates/v1.ts'
import {
  AUTOMATICALLY_ACCEPTED_ANNOTATION,
  HUB_ACCEPTED_CONDITION,
} from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
} from '../../../src/apis/resources.ts'
import type { KubeClient } from '../../../src/kube/index.ts'
import { createCertificateRequest, encodePrivateKey, generatePrivateKey } from '../../../src/pki/index.ts'
import { type AnyObject, conditionsOf, HubBench } from './hub-bench.ts'

const PREFIX = 'system:open-cluster-management:'
const SIGNER = 'kubernetes.io/kube-apiserver-client'
const LABEL = 'open-cluster-management.io/cluster-name'
const ADD_ON_LABEL = 'open-cluster-management.io/addon-name'
const BOOTSTRAP = 'system:serviceaccount:open-cluster-management:agent-registration-bootstrap'

let hub: HubBench
let privateKeyPem: string
let count = 0

beforeAll(async () => {
  privateKeyPem = encodePrivateKey(await generatePrivateKey())
  hub = await HubBench.start({
    gates: { ManagedClusterAutoApproval: true },
    hub: { autoApprovedUsers: [BOOTSTRAP] },
  })
  // What the hub's operator gives to everybody who begins.
  await hub.resource(CLUSTER_ROLES).create({
    metadata: { name: 'anybody' },
    rules: [
      { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['create'] },
    ],
  } as unknown as AnyObject)
  await hub.resource(CLUSTER_ROLE_BINDINGS).create({
    metadata: { name: 'anybody' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'anybody' },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'anybody' }],
  } as unknown as AnyObject)
})

afterAll(() => hub.close())

interface Asked {
  readonly by: string
  readonly cluster: string
  readonly commonName?: string
  readonly organizations?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
}

const agentOf = (cluster: string) => `${PREFIX}${cluster}:agent1`

async function ask({ by, cluster, commonName, organizations, labels }: Asked): Promise<string> {
  count += 1
  const name = `request-${count}`
  const { requestPem } = await createCertificateRequest({
    commonName: commonName ?? agentOf(cluster),
    organizations: organizations ?? [`${PREFIX}${cluster}`, `${PREFIX}managed-clusters`],
    privateKeyPem,
  })
  const client: KubeClient = hub.impersonating(by, ['anybody', `${PREFIX}${cluster}`])
  await client.resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS).create({
    metadata: { name, labels: { [LABEL]: cluster, ...labels } },
    spec: {
      request: Buffer.from(requestPem).toString('base64'),
      signerName: SIGNER,
      usages: ['digital signature', 'key encipherment', 'client auth'],
    },
  })
  return name
}

const approvalOf = (request: AnyObject) =>
  request.status?.conditions?.find((each: { type: string }) => each.type === 'Approved')
const untilApproved = (name: string) =>
  hub.untilOne(CERTIFICATE_SIGNING_REQUESTS, { name }, (request) => approvalOf(request) !== undefined)
/** What was asked for before a request that is approved has been looked at: they are taken in order. */
async function expectLeftAlone(names: readonly string[]): Promise<void> {
  await untilApproved(await ask({ by: BOOTSTRAP, cluster: 'witness' }))
  for (const name of names) {
    const request = await hub.resource(CERTIFICATE_SIGNING_REQUESTS).get({ name })
    expect(approvalOf(request), name).toBeUndefined()
  }
}
async function accepted(name: string, spec: object = { hubAcceptsClient: true }): Promise<AnyObject> {
  await hub.create(MANAGED_CLUSTERS, { metadata: { name }, spec })
  return hub.untilOne(
    MANAGED_CLUSTERS,
    { name },
    (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True',
  )
}

describe('automatic acceptance', () => {
  it('accepts each cluster once, and lets people deny it later', async () => {
    const cluster = await accepted('auto', { hubAcceptsClient: false })
    expect(cluster.spec.hubAcceptsClient).toBe(true)
    expect(Date.parse(cluster.metadata.annotations?.[AUTOMATICALLY_ACCEPTED_ANNOTATION] ?? '')).not.toBeNaN()
    await hub.merge(MANAGED_CLUSTERS, { name: 'auto' }, { spec: { hubAcceptsClient: false } })
    const denied = await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'auto' },
      (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'False',
    )
    expect(denied.spec.hubAcceptsClient).toBe(false)
  })

  it("leaves it to people to accept a cluster whose namespace is the system's", async () => {
    await hub.create(MANAGED_CLUSTERS, { metadata: { name: 'kube-system' }, spec: {} })
    await accepted('witness-of-acceptance', {}) // clusters are taken in order
    const cluster = await hub.resource(MANAGED_CLUSTERS).get({ name: 'kube-system' })
    expect(cluster.spec.hubAcceptsClient ?? false).toBe(false)
    await hub.merge(MANAGED_CLUSTERS, { name: 'kube-system' }, { spec: { hubAcceptsClient: true } })
    await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'kube-system' },
      (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True',
    )
  })

  it('approves the first certificate for those who are trusted, and for nobody else', async () => {
    const request = await untilApproved(await ask({ by: BOOTSTRAP, cluster: 'c1' }))
    expect(approvalOf(request)).toMatchObject({
      status: 'True',
      reason: 'AutoApprovedByHubCSRApprovingController',
      message: 'Auto approving Managed cluster agent certificate after SubjectAccessReview.',
    })
    await expectLeftAlone([
      await ask({ by: 'somebody', cluster: 'c1' }),
      await ask({ by: BOOTSTRAP, cluster: 'c1', organizations: [`${PREFIX}c1`, `${PREFIX}c2`] }),
      await ask({ by: BOOTSTRAP, cluster: 'c1', commonName: agentOf('c11') }),
    ])
  })
})

describe('the renewal of a certificate', () => {
  it('is approved for the agent itself, once its cluster is accepted', async () => {
    const early = await ask({ by: agentOf('renewing'), cluster: 'renewing' })
    await expectLeftAlone([early])
    await accepted('renewing')
    await untilApproved(early)
    await untilApproved(await ask({ by: agentOf('renewing'), cluster: 'renewing' }))
  })

  it('is not approved for the agent of another cluster, nor under a name that only begins alike', async () => {
    await accepted('own')
    await accepted('own1')
    await expectLeftAlone([
      await ask({ by: agentOf('own1'), cluster: 'own' }),
      await ask({ by: agentOf('own1'), cluster: 'own1', organizations: [`${PREFIX}own`] }),
      await ask({ by: agentOf('own'), cluster: 'own', commonName: agentOf('own1') }),
      await ask({ by: agentOf('own'), cluster: 'own', labels: { [LABEL]: 'own1' } }),
    ])
  })

  it('is not approved any more when the cluster was denied', async () => {
    await accepted('refused')
    await hub.merge(MANAGED_CLUSTERS, { name: 'refused' }, { spec: { hubAcceptsClient: false } })
    await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'refused' },
      (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'False',
    )
    await expectLeftAlone([await ask({ by: agentOf('refused'), cluster: 'refused' })])
  })
})

describe('the certificate of an add-on', () => {
  const user = `${PREFIX}cluster:adding:addon:a:agent:a`
  const asked: Asked = {
    by: agentOf('adding'),
    cluster: 'adding',
    commonName: user,
    organizations: [`${PREFIX}cluster:adding:addon:a`, `${PREFIX}addon:a`],
    labels: { [ADD_ON_LABEL]: 'a' },
  }

  it('is approved for its cluster’s agent once the add-on is registered', async () => {
    await accepted('adding')
    const early = await ask(asked)
    const foreign = await ask({ ...asked, by: agentOf('adding1') })
    await expectLeftAlone([early, foreign])
    await hub.create(MANAGED_CLUSTER_ADD_ONS, { metadata: { namespace: 'adding', name: 'a' }, spec: {} })
    await hub.mergeStatus(
      MANAGED_CLUSTER_ADD_ONS,
      { namespace: 'adding', name: 'a' },
      {
        registrations: [{ signerName: SIGNER, subject: { user } }],
      },
    )
    const request = await untilApproved(early)
    expect(approvalOf(request)).toMatchObject({
      reason: 'AutoApprovedByHubCSRApprovingController',
      message: 'Auto approving addon agent certificate.',
    })
    await expectLeftAlone([foreign])
  })
})

describe('signing requests of a cluster that is deleted', () => {
  it('go with it, and those of others stay', async () => {
    await accepted('gone')
    await accepted('gone1')
    const own = await ask({ by: 'somebody', cluster: 'gone' })
    const other = await ask({ by: 'somebody', cluster: 'gone1' })
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'gone' })
    await hub.untilGone(CERTIFICATE_SIGNING_REQUESTS, { name: own })
    expect(await hub.resource(CERTIFICATE_SIGNING_REQUESTS).find({ name: other })).toBeDefined()
  })
})
