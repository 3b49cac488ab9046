import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTER_ADD_ONS } from '../../../src/apis/addon/v1alpha1.ts'
import {
  CERTIFICATE_SIGNING_REQUESTS,
  ROLE_BINDINGS,
  ROLES,
  SECRETS,
  SERVICE_ACCOUNTS,
} from '../../../src/apis/resources.ts'
import { parseCertificateRequest } from '../../../src/pki/index.ts'
import {
  addOnGroup,
  addOnServiceAccount,
  addOnTokenRole,
  addOnUser,
} from '../../../src/registration/addon-identity.ts'
import { readToken } from '../../../src/registration/agent/addons/service-account-token.ts'
import { clusterGroup, MOST_SIGNING_REQUESTS } from '../../../src/registration/cluster-identity.ts'
import { ConnectProxy } from '../../support/connect-proxy.ts'
import { until } from '../../support/until.ts'
import { AgentBench, isPendingOf } from './agent-bench.ts'
import { type AnyObject, conditionText } from './hub-bench.ts'

const KUBE_CLIENT = 'kubernetes.io/kube-apiserver-client'
const PLACE = 'addons'
const HOUR_MS = 3_600_000

let bench: AgentBench
let proxy: ConnectProxy

beforeAll(async () => {
  bench = await AgentBench.start()
  proxy = await ConnectProxy.start()
  await bench.writeBootstrapSecret(await bench.bootstrapKubeconfig({ proxyUrl: proxy.url }))
  await bench.createNamespace(PLACE)
})

afterAll(async () => {
  await bench.close()
  await proxy.close()
})

const keyOf = (cluster: string, name: string) => ({ namespace: cluster, name })

function register(cluster: string, name: string, registrations: readonly object[]): Promise<AnyObject> {
  const status = { namespace: PLACE, registrations }
  return bench.hub.mergeStatus(MANAGED_CLUSTER_ADD_ONS, keyOf(cluster, name), status)
}

async function install(cluster: string, name: string, registrations: readonly object[]): Promise<void> {
  await bench.hub.create(MANAGED_CLUSTER_ADD_ONS, { metadata: keyOf(cluster, name), spec: {} })
  await register(cluster, name, registrations)
}

/** The next request of the add-on, approved. */
async function approve(cluster: string, addOn: string): Promise<AnyObject> {
  const isIt = (each: AnyObject) => isPendingOf(each, `addon-${cluster}-${addOn}`)
  const all = await bench.hub.until(CERTIFICATE_SIGNING_REQUESTS, {}, (requests) =>
    [...requests.values()].some(isIt),
  )
  const request = [...all.values()].find(isIt) as AnyObject
  await bench.decide(request, 'Approved')
  return request
}

async function requestsOf(cluster: string, addOn: string): Promise<readonly AnyObject[]> {
  const { items } = await bench.hub.resource(CERTIFICATE_SIGNING_REQUESTS).listAll()
  return items.filter(({ metadata }) => metadata.name?.startsWith(`addon-${cluster}-${addOn}-`))
}

const untilSecret = (name: string, isAsWanted: (texts: Record<string, string>) => boolean) =>
  until(async () => isAsWanted(await bench.secret(name, PLACE)), `${name} is as wanted`)

/** What the hub makes for an add-on that shows tokens. */
async function makeAccount(cluster: string, addOn: string): Promise<AnyObject> {
  const metadata = { namespace: cluster, name: addOnTokenRole(addOn) }
  const account = addOnServiceAccount(addOn)
  const rbac = 'rbac.authorization.k8s.io'
  await bench.hub.resource(ROLES).create({
    metadata,
    rules: [
      { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: [account], verbs: ['create'] },
    ],
  } as unknown as AnyObject)
  await bench.hub.resource(ROLE_BINDINGS).create({
    metadata,
    roleRef: { apiGroup: rbac, kind: 'Role', name: metadata.name },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: clusterGroup(cluster) }],
  } as unknown as AnyObject)
  return bench.hub
    .resource(SERVICE_ACCOUNTS)
    .create({ metadata: { namespace: cluster, name: account } } as AnyObject)
}

async function declareReady(cluster: string, addOn: string, { metadata }: AnyObject): Promise<void> {
  const condition = {
    type: 'TokenInfrastructureReady',
    status: 'True',
    reason: 'Made',
    message: `ServiceAccount ${cluster}/${addOn}-agent (UID: ${metadata.uid}) is ready`,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  await bench.hub.mergeStatus(MANAGED_CLUSTER_ADD_ONS, keyOf(cluster, addOn), { conditions: [condition] })
}

describe('the certificate of an add-on, behind a proxy,', () => {
  beforeAll(() => bench.join('one'))

  it('goes where its registration goes: one signer’s Secret for another’s', async () => {
    await install('one', 'moving', [{ signerName: KUBE_CLIENT }])
    await approve('one', 'moving')
    await untilSecret('moving-hub-kubeconfig', (texts) => 'tls.crt' in texts)
    expect((await bench.secret('moving-hub-kubeconfig', PLACE)).kubeconfig).toContain(
      `proxy-url: ${proxy.url}`,
    )
    await register('one', 'moving', [{ signerName: 'example.com/signer1' }])
    await until(
      async () =>
        (await bench.onSpoke(SECRETS).find({ namespace: PLACE, name: 'moving-hub-kubeconfig' })) ===
        undefined,
      'the first Secret is gone',
    )
    const { spec } = await approve('one', 'moving')
    expect(spec.signerName).toBe('example.com/signer1')
    expect(
      (await parseCertificateRequest(Buffer.from(spec.request, 'base64').toString())).subject.commonName,
    ).toBe(addOnUser('one', 'moving'))
  })

  it('is renewed when little of its life is left, by the agent of the cluster', async () => {
    await install('one', 'renewed', [{ signerName: KUBE_CLIENT }])
    await approve('one', 'renewed')
    const name = 'renewed-hub-kubeconfig'
    await untilSecret(name, (texts) => 'tls.crt' in texts)
    const past = { now: () => Date.now() - HOUR_MS }
    const old = await bench.hub.server.authority(past).issueClientCertificate({
      commonName: addOnUser('one', 'renewed'),
      organizations: [addOnGroup('one', 'renewed')],
      validityMs: HOUR_MS + 60_000, // of six minutes: it begins when the authority does, five minutes ago
    })
    const data = {
      'tls.crt': Buffer.from(old.certificatePem).toString('base64'),
      'tls.key': Buffer.from(old.privateKeyPem).toString('base64'),
    }
    await bench.onSpoke(SECRETS).patch({ namespace: PLACE, name }, { type: 'merge', body: { data } })
    const { spec } = await approve('one', 'renewed')
    expect(spec.username).toBe('system:open-cluster-management:one:agent')
    await untilSecret(name, (texts) => texts['tls.crt'] !== old.certificatePem)
    expect(await requestsOf('one', 'renewed')).toHaveLength(2)
  })

  it('is not asked for any more where that was too often', async () => {
    const subjectOf = (index: number) => [{ signerName: KUBE_CLIENT, subject: { user: `user-${index}` } }]
    await install('one', 'restless', subjectOf(0))
    for (let index = 1; index <= MOST_SIGNING_REQUESTS + 2; index += 1) {
      const asked = Math.min(index, MOST_SIGNING_REQUESTS)
      await until(async () => (await requestsOf('one', 'restless')).length >= asked, `${asked} are made`)
      await register('one', 'restless', subjectOf(index))
    }
    const addOn = await bench.hub.untilOne(MANAGED_CLUSTER_ADD_ONS, keyOf('one', 'restless'), (each) =>
      Boolean(conditionText(each, 'ClusterCertificateRotated')?.startsWith('False')),
    )
    expect(conditionText(addOn, 'ClusterCertificateRotated')).toBe(
      'False ClientCertificateUpdateFailed: Stop creating csr since there are too many csr created already on hub',
    )
    expect(await requestsOf('one', 'restless')).toHaveLength(MOST_SIGNING_REQUESTS)
  })
})

describe('the token of an add-on, behind a proxy,', () => {
  const SECRET = 'shower-hub-kubeconfig'
  const options = { hubSecret: 'two-hub', addOnTokenExpirationSeconds: 3600 } as const
  const kubeClient = [{ signerName: KUBE_CLIENT }]
  let agent: { stop(): Promise<void> }
  let account: AnyObject

  it('is asked for anew when a fifth of its life is left', async () => {
    agent = await bench.join('two', { ...options, addOnAuth: 'token' })
    await install('two', 'shower', kubeClient)
    account = await makeAccount('two', 'shower')
    await declareReady('two', 'shower', account)
    await untilSecret(SECRET, ({ token = '' }) => readToken(token)?.uid === account.metadata.uid)
    expect((await bench.secret(SECRET, PLACE)).kubeconfig).toContain(`proxy-url: ${proxy.url}`)
    const [now, part] = [
      Math.floor(Date.now() / 1000),
      (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url'),
    ]
    const claims = {
      iat: now - 3000,
      exp: now + 600,
      'kubernetes.io': { serviceaccount: { uid: account.metadata.uid } },
    }
    const old = `${part({})}.${part(claims)}.x`
    const data = { token: Buffer.from(old).toString('base64') }
    await bench.onSpoke(SECRETS).patch({ namespace: PLACE, name: SECRET }, { type: 'merge', body: { data } })
    await untilSecret(SECRET, ({ token }) => token !== old)
  })

  it('gives way to a certificate where the agent is told so, and comes back', async () => {
    await agent.stop()
    agent = await bench.startAgent({ clusterName: 'two', ...options, addOnAuth: 'csr' })
    await bench.hub.untilOne(
      MANAGED_CLUSTER_ADD_ONS,
      keyOf('two', 'shower'),
      ({ status }) => status.kubeClientDriver === 'csr',
    )
    await register('two', 'shower', kubeClient) // as the manager of the add-on does, who is told of the driver
    await until(async () => {
      for (const request of await requestsOf('two', 'shower'))
        if (isPendingOf(request, 'addon-two-shower')) await bench.decide(request, 'Approved')
      return 'tls.crt' in (await bench.secret(SECRET, PLACE))
    }, 'there is a certificate')
    expect((await bench.secret(SECRET, PLACE)).kubeconfig).toContain('client-certificate: tls.crt')
    const { token: before } = await bench.secret(SECRET, PLACE)
    await agent.stop()
    await bench.startAgent({ clusterName: 'two', ...options, addOnAuth: 'token' })
    await declareReady('two', 'shower', account)
    await untilSecret(SECRET, ({ token, kubeconfig }) =>
      Boolean(token !== before && kubeconfig?.includes('tokenFile: token')),
    )
  })
})
