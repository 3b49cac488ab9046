import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTER_ADD_ONS } from '../../../src/apis/addon/v1alpha1.ts'
import {
  CERTIFICATE_SIGNING_REQUESTS,
  LEASES,
  ROLE_BINDINGS,
  ROLES,
  SECRETS,
  SERVICE_ACCOUNTS,
} from '../../../src/apis/resources.ts'
import { microTimeText } from '../../../src/kube/index.ts'
import { parseCertificateRequest } from '../../../src/pki/index.ts'
import { addOnServiceAccount, addOnTokenRole } from '../../../src/registration/addon-identity.ts'
import { readToken } from '../../../src/registration/agent/addons/service-account-token.ts'
import { clusterGroup } from '../../../src/registration/cluster-identity.ts'
import { until } from '../../support/until.ts'
import { AgentBench, isPendingOf } from './agent-bench.ts'
import { type AnyObject, conditionText } from './hub-bench.ts'

const KUBE_CLIENT = 'kubernetes.io/kube-apiserver-client'
const PLACE = 'addons'

let bench: AgentBench

beforeAll(async () => {
  bench = await AgentBench.start()
  await bench.join('one')
  await bench.createNamespace(PLACE)
})

afterAll(() => bench.close())

async function install(name: string, registrations: object[], status: object = {}): Promise<void> {
  const key = { namespace: 'one', name }
  await bench.hub.create(MANAGED_CLUSTER_ADD_ONS, { metadata: key, spec: {} })
  await bench.hub.mergeStatus(MANAGED_CLUSTER_ADD_ONS, key, { namespace: PLACE, registrations, ...status })
}

async function requestOf(addOn: string): Promise<AnyObject> {
  const requests = await bench.hub.until(CERTIFICATE_SIGNING_REQUESTS, {}, (all) =>
    [...all.values()].some((each) => isPendingOf(each, `addon-one-${addOn}`)),
  )
  return [...requests.values()].find((each) => isPendingOf(each, `addon-one-${addOn}`)) as AnyObject
}

async function untilSecret(name: string, namespace = PLACE): Promise<Record<string, string>> {
  const key = { namespace, name }
  await until(async () => (await bench.onSpoke(SECRETS).find(key)) !== undefined, `there is ${name}`)
  return bench.secret(name, namespace)
}

function untilAddOn(name: string, isAsWanted: (addOn: AnyObject) => boolean): Promise<AnyObject> {
  return bench.hub.untilOne(MANAGED_CLUSTER_ADD_ONS, { namespace: 'one', name }, isAsWanted)
}

describe('an add-on that talks to the hub', () => {
  it('gets a kubeconfig in its namespace, for a user of its own', async () => {
    await install('talker', [{ signerName: KUBE_CLIENT }])
    const request = await requestOf('talker')
    expect(request.metadata.labels).toEqual({
      'open-cluster-management.io/cluster-name': 'one',
      'open-cluster-management.io/addon-name': 'talker',
    })
    expect(request.metadata.generateName).toBe('addon-one-talker-')
    const asked = await parseCertificateRequest(Buffer.from(request.spec.request, 'base64').toString())
    expect(asked.subject).toMatchObject({
      commonName: 'system:open-cluster-management:cluster:one:addon:talker:agent:talker',
      organizations: ['system:open-cluster-management:cluster:one:addon:talker'],
    })
    expect(asked.dnsNames).toEqual(['talker.addon.open-cluster-management.io'])
    await bench.decide(request, 'Approved')
    const secret = await untilSecret('talker-hub-kubeconfig')
    expect(Object.keys(secret).sort()).toEqual(['cluster-name', 'kubeconfig', 'tls.crt', 'tls.key'])
    expect(secret.kubeconfig).toContain('client-certificate: tls.crt')
    const addOn = await untilAddOn('talker', (each) =>
      Boolean(conditionText(each, 'ClusterCertificateRotated')),
    )
    expect(addOn.status.kubeClientDriver).toBe('csr')
    expect(conditionText(addOn, 'ClusterCertificateRotated')).toMatch(/^True ClientCertificateUpdated/)
  })

  it('loses it when it is gone', async () => {
    await bench.hub.resource(MANAGED_CLUSTER_ADD_ONS).delete({ namespace: 'one', name: 'talker' })
    const key = { namespace: PLACE, name: 'talker-hub-kubeconfig' }
    await until(async () => (await bench.onSpoke(SECRETS).find(key)) === undefined, 'its Secret is gone')
  })

  it('waits for its namespace with one certificate, and gets others from custom signers', async () => {
    const subject = { user: 'jane', groups: ['devs'], organizationUnit: ['unit'] }
    await install('custom', [{ signerName: 'example.com/mine', subject }], { namespace: 'later' })
    const request = await requestOf('custom')
    const asked = await parseCertificateRequest(Buffer.from(request.spec.request, 'base64').toString())
    expect(asked.subject).toEqual({
      commonName: 'jane',
      organizations: ['devs'],
      organizationalUnits: ['unit'],
    })
    expect(request.spec.signerName).toBe('example.com/mine')
    await bench.decide(request, 'Approved')
    const { status } = await bench.hub.resource(CERTIFICATE_SIGNING_REQUESTS).get({
      name: request.metadata.name ?? '',
    })
    const certificatePem = await bench.hub.server
      .authority()
      .signRequest(Buffer.from(request.spec.request, 'base64').toString(), { usages: ['clientAuth'] })
    const certificate = Buffer.from(certificatePem).toString('base64')
    await bench.hub.mergeStatus(
      CERTIFICATE_SIGNING_REQUESTS,
      { name: request.metadata.name ?? '' },
      { ...status, certificate },
    )
    await untilAddOn('custom', (each) =>
      Boolean(conditionText(each, 'ClusterCertificateRotated')?.startsWith('False')),
    )
    await bench.createNamespace('later')
    const secret = await untilSecret('custom-example.com-mine-client-cert', 'later')
    expect(Object.keys(secret).sort()).toEqual(['cluster-name', 'tls.crt', 'tls.key'])
    expect(secret['tls.crt']).toBe(certificatePem)
  })
})

describe('the health of an add-on', () => {
  it('follows its Lease', async () => {
    await install('alive', [])
    const unknown = await untilAddOn('alive', (each) => Boolean(conditionText(each, 'Available')))
    expect(conditionText(unknown, 'Available')).toBe(
      'Unknown ManagedClusterAddOnLeaseNotFound: The status of alive add-on is unknown.',
    )
    const metadata = { namespace: PLACE, name: 'alive' }
    const renewTime = microTimeText(Date.now())
    await bench.onSpoke(LEASES).create({ metadata, spec: { renewTime } } as unknown as AnyObject)
    const alive = await untilAddOn('alive', (each) =>
      Boolean(conditionText(each, 'Available')?.startsWith('True')),
    )
    expect(conditionText(alive, 'Available')).toBe(
      'True ManagedClusterAddOnLeaseUpdated: alive add-on is available.',
    )
    const old = microTimeText(Date.now() - 301_000)
    await bench.onSpoke(LEASES).patch(metadata, { type: 'merge', body: { spec: { renewTime: old } } })
    const dead = await untilAddOn('alive', (each) =>
      Boolean(conditionText(each, 'Available')?.startsWith('False')),
    )
    expect(conditionText(dead, 'Available')).toBe(
      'False ManagedClusterAddOnLeaseUpdateStopped: alive add-on is not available.',
    )
  })
})

describe('an add-on that shows tokens', () => {
  it('gets a token of its service account once the hub has made that', async () => {
    await bench.join('two', { hubSecret: 'two-hub', addOnAuth: 'token', addOnTokenExpirationSeconds: 3600 })
    const key = { namespace: 'two', name: 'token-shower' }
    await bench.hub.create(MANAGED_CLUSTER_ADD_ONS, { metadata: key, spec: {} })
    const registrations = [{ signerName: KUBE_CLIENT, subject: { user: 'x', groups: ['y'] } }]
    await bench.hub.mergeStatus(MANAGED_CLUSTER_ADD_ONS, key, { namespace: PLACE, registrations })
    const claimed = await bench.hub.untilOne(MANAGED_CLUSTER_ADD_ONS, key, ({ status }) =>
      Boolean(status.kubeClientDriver && status.registrations[0].subject.user !== 'x'),
    )
    expect(claimed.status.kubeClientDriver).toBe('token')
    const user = 'system:serviceaccount:two:token-shower-agent'
    expect(claimed.status.registrations).toEqual([{ signerName: KUBE_CLIENT, subject: { user } }])
    const metadata = { namespace: 'two', name: 'token-shower-agent' }
    const account = await bench.hub.resource(SERVICE_ACCOUNTS).create({ metadata } as AnyObject)
    await allowTokens('two', 'token-shower')
    const condition = {
      type: 'TokenInfrastructureReady',
      status: 'True',
      reason: 'Made',
      message: `ServiceAccount two/token-shower-agent (UID: ${account.metadata.uid}) is ready`,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    await bench.hub.mergeStatus(MANAGED_CLUSTER_ADD_ONS, key, { conditions: [condition] })
    const secret = await untilSecret('token-shower-hub-kubeconfig')
    expect(Object.keys(secret).sort()).toEqual(['cluster-name', 'kubeconfig', 'token'])
    expect(secret.kubeconfig).toContain('tokenFile: token')
    expect(readToken(secret.token ?? '')?.uid).toBe(account.metadata.uid)
    const refreshed = await bench.hub.untilOne(MANAGED_CLUSTER_ADD_ONS, key, (each) =>
      Boolean(conditionText(each, 'TokenRefreshed')),
    )
    expect(conditionText(refreshed, 'TokenRefreshed')).toMatch(
      /^True AddonTokenRefreshed: Addon token refreshed, expires at .*Z$/,
    )
  })
})

async function allowTokens(namespace: string, addOn: string): Promise<void> {
  const metadata = { namespace, name: addOnTokenRole(addOn) }
  const rule = {
    apiGroups: [''],
    resources: ['serviceaccounts/token'],
    resourceNames: [addOnServiceAccount(addOn)],
    verbs: ['create'],
  }
  await bench.hub.resource(ROLES).create({ metadata, rules: [rule] } as unknown as AnyObject)
  await bench.hub.resource(ROLE_BINDINGS).create({
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: clusterGroup(namespace) }],
  } as unknown as AnyObject)
}
