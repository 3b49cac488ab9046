import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createSelfSignedCertificate } from '../../../src/pki/index.ts'
import { clusteradm } from '../../support/clusteradm.ts'
import { base64, HubBench } from './hub-bench.ts'

const OPERATOR = '/apis/operator.open-cluster-management.io/v1'
const CLUSTERS = '/apis/cluster.open-cluster-management.io/v1/managedclusters'
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/c1/leases'
const AGENT = 'open-cluster-management-agent'
const HUB = 'open-cluster-management-hub'
const PARTS = ['registration-controller', 'registration-webhook', 'work-webhook', 'placement-controller']

/** Each fault is a walk of its own, which a busy machine takes its time for. */
const MANY_FAULTS_MS = 60_000

let bench: HubBench

beforeEach(async () => {
  bench = await HubBench.start()
})

afterEach(() => bench.close())

interface Diagnosis {
  readonly status: number
  readonly healthy: boolean
  /** The last look. */
  readonly id: string
  readonly message: string
  readonly cure?: string
}

async function diagnose(line = 'doctor'): Promise<Diagnosis> {
  const { status, out } = await bench.run(`${line} -o json`)
  const { healthy, checks } = JSON.parse(out)
  return { ...checks.at(-1), status, healthy }
}

const condition = (type: string, status: string, reason = 'Some', message = 'text') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
})

async function createDeployment(namespace: string, name: string, available = 1): Promise<void> {
  await bench.createNamespace(namespace)
  const labels = { app: name }
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`
  await bench.create(path, {
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'i' }] } },
    },
  })
  await setAvailable(namespace, name, available)
}

const setAvailable = (namespace: string, name: string, availableReplicas: number) =>
  bench.setStatus(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, {
    replicas: availableReplicas,
    readyReplicas: availableReplicas,
    availableReplicas,
  })

/** A Lease that an agent let run out. When the API server wrote it is taken from it, for that was just now. */
async function createOldLease(): Promise<void> {
  const name = 'managed-cluster-lease'
  await bench.create(LEASES, { metadata: { name }, spec: { renewTime: '2026-01-01T00:00:00.000000Z' } })
  await bench.controlPlane.admin.patch(`${LEASES}/${name}`, { metadata: { managedFields: [{}] } })
}

/** A renewal of just now by an agent whose clock is so many seconds behind. */
const renewedBehind = (seconds: number) => ({
  spec: { renewTime: new Date(Date.now() - seconds * 1000).toISOString().replace('Z', '000Z') },
})

const wrong = (id: string, message: RegExp, cure: RegExp) => ({
  status: 1,
  healthy: false,
  id,
  message: expect.stringMatching(message),
  cure: expect.stringMatching(cure),
})

describe('clusteradm doctor', () => {
  it('tells of the way to the API server', async () => {
    const missing = await clusteradm(['doctor', '--kubeconfig', '/nowhere'])
    expect(missing.status).toBe(1)
    expect(missing.out).toMatch(/^WRONG {2}kubeconfig: .*\n {7}cure: name a file with --kubeconfig/)
    const config = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c' } }],
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    }
    const away = await clusteradm([
      'doctor',
      '--kubeconfig',
      await bench.workspace.write('away', JSON.stringify(config)),
    ])
    expect(away.out).toMatch(/ok {5}kubeconfig: .*\nWRONG {2}api-server: .*connection refused/)
    const { server, ca = '' } = { server: bench.controlPlane.url.origin, ca: bench.controlPlane.tls.ca }
    const stranger = {
      ...config,
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': base64(ca) } }],
      users: [{ name: 'u', user: { token: 'expired' } }],
    }
    const unknown = await clusteradm([
      'doctor',
      '--kubeconfig',
      await bench.workspace.write('u', JSON.stringify(stranger)),
    ])
    expect(unknown.out).toMatch(/WRONG {2}credentials: .*\n {7}cure: log in anew/)
  })

  it(
    'names the first thing that is wrong with a hub, fault by fault',
    async () => {
      expect(await diagnose()).toEqual(wrong('operator-crd', /no CRD clustermanagers/, /clusteradm init/))
      await bench.run('init')
      expect(await diagnose()).toEqual(
        wrong('operator', /0 of 1 available; it has no Pods/, /describe deployment/),
      )
      await bench.controlPlane.admin.patch(
        '/apis/apps/v1/namespaces/open-cluster-management/deployments/cluster-manager',
        {
          spec: { replicas: 1 },
        },
      )
      await bench.createPod('open-cluster-management', 'operator', 'cluster-manager', {
        phase: 'Pending',
        containerStatuses: [
          {
            name: 'main',
            image: 'i',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'ErrImagePull', message: 'unknown' } },
          },
        ],
      })
      expect(await diagnose()).toEqual(
        wrong('operator', /Pod operator is ErrImagePull: unknown/, /describe pod operator/),
      )
      await setAvailable('open-cluster-management', 'cluster-manager', 1)
      expect(await diagnose()).toEqual(wrong('cluster-manager', /has not looked/, /logs deployment/))
      const manager = `${OPERATOR}/clustermanagers/cluster-manager`
      await bench.setStatus(manager, { conditions: [condition('Applied', 'False', 'CRDApplyFailed', 'no')] })
      expect(await diagnose()).toEqual(
        wrong('cluster-manager', /Applied: CRDApplyFailed: no/, /logs deployment/),
      )
      await bench.setStatus(manager, { conditions: [condition('Applied', 'True')] })
      expect(await diagnose()).toEqual(wrong('hub-api', /not served/, /logs/))
      await bench.installHubCrds()
      for (const part of PARTS) {
        expect(await diagnose()).toEqual(wrong(part, /there is no Deployment/, /logs/))
        await createDeployment(HUB, `cluster-manager-${part}`)
      }
      await createDeployment(HUB, 'cluster-manager-addon-manager-controller', 0)
      expect(await diagnose()).toEqual(
        wrong('other-components', /addon-manager-controller: 0 of 1/, /describe/),
      )
      await setAvailable(HUB, 'cluster-manager-addon-manager-controller', 1)
      await bench.create('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
        metadata: { name: 'nobody-answers' },
        webhooks: [
          {
            name: 'works.example.com',
            clientConfig: { url: 'https://127.0.0.1:1/' },
            rules: [
              {
                apiGroups: ['work.open-cluster-management.io'],
                apiVersions: ['*'],
                operations: ['CREATE'],
                resources: ['manifestworks'],
              },
            ],
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      })
      expect(await diagnose()).toEqual(
        wrong('webhooks', /failed calling webhook "works\.example\.com"/, /cluster-manager-work-webhook/),
      )
      await bench.controlPlane.admin.delete(
        '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/nobody-answers',
      )
      const rolling = condition('Progressing', 'True', 'ClusterManagerDeploymentRolling')
      await bench.setStatus(manager, { conditions: [condition('Applied', 'True'), rolling] })
      expect(await diagnose()).toEqual(wrong('hub-conditions', /ClusterManagerDeploymentRolling/, /wait/))
      await bench.setStatus(manager, { conditions: [condition('Applied', 'True')] })
      expect(await diagnose()).toMatchObject({
        status: 0,
        healthy: true,
        message: 'no cluster has joined yet',
      })

      await bench.run('delete token')
      expect(await diagnose()).toEqual(wrong('bootstrap-identity', /no identity/, /clusteradm init/))
      await bench.run('init')
      await bench.controlPlane.admin.patch(
        '/apis/apps/v1/namespaces/open-cluster-management/deployments/cluster-manager',
        {
          spec: { replicas: 1 },
        },
      )
      await bench.controlPlane.admin.delete('/api/v1/namespaces/kube-public/configmaps/cluster-info')
      expect(await diagnose()).toEqual(wrong('cluster-info', /missing, or empty/, /clusteradm init/))
      await bench.run('init')
      await bench.controlPlane.admin.patch(
        '/apis/apps/v1/namespaces/open-cluster-management/deployments/cluster-manager',
        {
          spec: { replicas: 1 },
        },
      )

      await bench.createCluster('c1')
      expect(await diagnose()).toEqual(
        wrong('managed-clusters', /c1 is not accepted/, /accept --clusters c1/),
      )
      await bench.controlPlane.admin.patch(`${CLUSTERS}/c1`, { spec: { hubAcceptsClient: true } })
      expect(await diagnose()).toEqual(wrong('managed-clusters', /c1 has not joined/, /doctor klusterlet/))
      await bench.createCsr('c1', 'c1-x', 'a')
      expect(await diagnose()).toEqual(wrong('managed-clusters', /waits for its CSR/, /accept --clusters c1/))
      const joined = condition('ManagedClusterJoined', 'True')
      const clock = condition('ManagedClusterConditionClockSynced', 'False', 'ClusterClockOutOfSync', 'off')
      await bench.setStatus(`${CLUSTERS}/c1`, { conditions: [joined, clock] })
      expect(await diagnose()).toEqual(
        wrong('managed-clusters', /c1: ClusterClockOutOfSync: the clocks of hub and agent differ$/, /NTP/),
      )
      const away = condition(
        'ManagedClusterConditionAvailable',
        'Unknown',
        'ManagedClusterLeaseUpdateStopped',
        'silent',
      )
      await bench.setStatus(`${CLUSTERS}/c1`, { conditions: [joined, away] })
      expect(await diagnose()).toEqual(
        wrong('managed-clusters', /c1 has lost its identity, and waits/, /accept --clusters c1/),
      )
      await bench.controlPlane.admin.delete('/apis/certificates.k8s.io/v1/certificatesigningrequests/c1-x')
      expect(await diagnose()).toEqual(
        wrong('managed-clusters', /LeaseUpdateStopped: silent; it has no lease/, /doctor klusterlet/),
      )
      await bench.createNamespace('c1')
      await bench.setStatus(`${CLUSTERS}/c1`, { conditions: [joined, clock] })
      await createOldLease()
      expect(await diagnose()).toEqual(
        wrong(
          'managed-clusters',
          /c1 is not available: its agent is down or cannot reach/,
          /doctor klusterlet/,
        ),
      )
      await bench.controlPlane.admin.delete(`${LEASES}/managed-cluster-lease`)
      await bench.create(LEASES, { metadata: { name: 'managed-cluster-lease' }, ...renewedBehind(3600) })
      expect(await diagnose()).toEqual(
        wrong('managed-clusters', /clocks of hub and agent differ: .* (3599|3600|3601) s behind/, /NTP/),
      )
      await bench.setStatus(`${CLUSTERS}/c1`, {
        conditions: [joined, condition('ManagedClusterConditionAvailable', 'True')],
      })
      expect(await diagnose()).toMatchObject({ status: 0, message: 'all 1 managed clusters are available' })
      expect((await bench.run('doctor')).out).toContain(
        'ok     managed-clusters: all 1 managed clusters are available\n',
      )
    },
    MANY_FAULTS_MS,
  )

  it('names the first thing that is wrong with a klusterlet, fault by fault', async () => {
    const doctor = () => diagnose('doctor klusterlet')
    expect(await doctor()).toEqual(wrong('operator-crd', /no CRD klusterlets/, /get token/))
    await bench.installHubCrds()
    expect(await doctor()).toEqual(wrong('operator', /there is no Deployment/, /get token/))
    await createDeployment('open-cluster-management', 'klusterlet')
    expect(await doctor()).toEqual(wrong('klusterlet', /there is no Klusterlet/, /get token/))
    await bench.create(`${OPERATOR}/klusterlets`, {
      apiVersion: 'operator.open-cluster-management.io/v1',
      kind: 'Klusterlet',
      metadata: { name: 'klusterlet' },
      spec: { clusterName: 'c1', namespace: AGENT },
    })
    expect(await doctor()).toEqual(wrong('klusterlet', /has not looked/, /logs/))
    const klusterlet = `${OPERATOR}/klusterlets/klusterlet`
    const applied = condition('Applied', 'True')
    await bench.setStatus(klusterlet, { conditions: [applied] })
    expect(await doctor()).toEqual(wrong('bootstrap-secret', /missing, or empty/, /get token/))

    await bench.createNamespace(AGENT)
    const secrets = `/api/v1/namespaces/${AGENT}/secrets`
    const claims = Buffer.from(JSON.stringify({ exp: 1_700_000_000 })).toString('base64url')
    const bootstrap = (token: string) => ({ kubeconfig: base64(stringify({ users: [{ user: { token } }] })) })
    await bench.create(secrets, {
      metadata: { name: 'bootstrap-hub-kubeconfig' },
      data: bootstrap(`a.${claims}.c`),
    })
    expect(await doctor()).toEqual(wrong('bootstrap-secret', /has expired at 2023/, /get token/))
    await bench.controlPlane.admin.patch(`${secrets}/bootstrap-hub-kubeconfig`, {
      data: bootstrap('id.secret'),
    })

    const degraded = (reason: string) => condition('HubConnectionDegraded', 'True', reason)
    await bench.setStatus(klusterlet, {
      conditions: [applied, degraded('BootstrapSecretUnauthorized,HubKubeConfigSecretMissing')],
    })
    expect(await doctor()).toEqual(
      wrong('hub-connection', /BootstrapSecretUnauthorized/, /token has expired/),
    )
    await bench.setStatus(klusterlet, {
      conditions: [applied, degraded('BootstrapSecretFunctional,HubKubeConfigSecretMissing')],
    })
    expect(await doctor()).toEqual(wrong('agents', /no Deployment .*klusterlet-registration-agent/, /logs/))
    await createDeployment(AGENT, 'klusterlet-registration-agent')
    expect(await doctor()).toEqual(wrong('hub-kubeconfig', /no kubeconfig/, /accept --clusters c1/))

    const { ca = '', cert = '', key = '' } = bench.controlPlane.tls
    const hub = {
      'current-context': 'hub',
      contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'agent' } }],
      clusters: [
        {
          name: 'hub',
          cluster: { server: bench.controlPlane.url.origin, 'certificate-authority-data': base64(ca) },
        },
      ],
      users: [{ name: 'agent', user: { 'client-certificate': 'tls.crt', 'client-key': 'tls.key' } }],
    }
    await bench.create(secrets, {
      metadata: { name: 'hub-kubeconfig-secret' },
      data: {
        kubeconfig: base64(stringify(hub)),
        'tls.crt': base64(cert),
        'tls.key': base64(key),
        'cluster-name': base64('c1'),
      },
    })
    expect(await doctor()).toEqual(wrong('agents', /no Deployment .*klusterlet-work-agent/, /logs/))
    await createDeployment(AGENT, 'klusterlet-work-agent')
    expect(await doctor()).toEqual(wrong('hub', /no ManagedCluster c1/, /join anew/))
    await bench.createCluster('c1')
    expect(await doctor()).toEqual(wrong('hub', /does not accept c1/, /accept --clusters c1/))
    await bench.controlPlane.admin.patch(`${CLUSTERS}/c1`, { spec: { hubAcceptsClient: true } })
    const clock = condition('ManagedClusterConditionClockSynced', 'False', 'ClusterClockOutOfSync', 'off')
    await bench.setStatus(`${CLUSTERS}/c1`, { conditions: [clock] })
    expect(await doctor()).toEqual(wrong('hub', /ClusterClockOutOfSync: the clocks/, /NTP/))
    await bench.setStatus(`${CLUSTERS}/c1`, { conditions: [] })
    expect(await doctor()).toEqual(wrong('lease', /there is no lease c1\/managed-cluster-lease/, /logs/))
    await bench.createNamespace('c1')
    await createOldLease()
    await bench.setStatus(`${CLUSTERS}/c1`, { conditions: [clock] })
    expect(await doctor()).toEqual(
      wrong('hub', /cannot reach the hub, or hangs: .* was renewed \d+ s ago/, /logs/),
    )
    await bench.setStatus(`${CLUSTERS}/c1`, {
      conditions: [condition('ManagedClusterConditionAvailable', 'True')],
    })
    expect(await doctor()).toEqual(wrong('lease', /was renewed \d+ s ago/, /logs/))
    await bench.controlPlane.admin.patch(`${LEASES}/managed-cluster-lease`, renewedBehind(0))
    expect(await doctor()).toMatchObject({ status: 0, healthy: true, id: 'lease' })
  })

  it('sees for itself why the hub does not give an agent its identity', async () => {
    const doctor = () => diagnose('doctor klusterlet')
    await bench.installHubCrds()
    await createDeployment('open-cluster-management', 'klusterlet')
    await bench.create(`${OPERATOR}/klusterlets`, {
      apiVersion: 'operator.open-cluster-management.io/v1',
      kind: 'Klusterlet',
      metadata: { name: 'klusterlet' },
      spec: { clusterName: 'c1', namespace: AGENT },
    })
    const degraded = (reason: string) => [
      condition('Applied', 'True'),
      condition('HubConnectionDegraded', 'True', reason),
    ]
    const klusterlet = `${OPERATOR}/klusterlets/klusterlet`
    await bench.setStatus(klusterlet, {
      conditions: degraded('BootstrapSecretError,HubKubeConfigSecretMissing'),
    })
    const { ca = '', cert = '', key = '' } = bench.controlPlane.tls
    const bootstrap = (server: string, authority: string, user: object) => ({
      kubeconfig: base64(
        stringify({
          'current-context': 'hub',
          contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'agent' } }],
          clusters: [{ name: 'hub', cluster: { server, 'certificate-authority-data': base64(authority) } }],
          users: [{ name: 'agent', user }],
        }),
      ),
    })
    const hub = bench.controlPlane.url.origin
    const known = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }
    await bench.createNamespace(AGENT)
    const secret = `/api/v1/namespaces/${AGENT}/secrets/bootstrap-hub-kubeconfig`
    await bench.create(`/api/v1/namespaces/${AGENT}/secrets`, {
      metadata: { name: 'bootstrap-hub-kubeconfig' },
      data: bootstrap(hub, ca, { token: 'revoked' }),
    })
    expect(await doctor()).toEqual(
      wrong('hub-connection', /does not take the token of the Secret .*revoked/, /get token/),
    )
    const other = await createSelfSignedCertificate({ commonName: 'another hub', dnsNames: [] })
    await bench.controlPlane.admin.patch(secret, { data: bootstrap(hub, other.certificatePem, known) })
    expect(await doctor()).toEqual(
      wrong('hub-connection', /the CA of the Secret .* is not that/, /get token/),
    )
    await bench.controlPlane.admin.patch(secret, { data: bootstrap('https://127.0.0.1:1', ca, known) })
    expect(await doctor()).toEqual(
      wrong('hub-connection', /hub https:\/\/127\.0\.0\.1:1 .* refused/, /start the hub, or/),
    )
    await bench.controlPlane.admin.patch(secret, { data: bootstrap(hub, ca, known) })
    expect(await doctor()).toEqual(wrong('hub-connection', /BootstrapSecretError: text/, /be reached/))

    await bench.setStatus(klusterlet, { conditions: degraded('HubKubeConfigSecretMissing') })
    await createDeployment(AGENT, 'klusterlet-registration-agent')
    expect(await doctor()).toEqual(wrong('hub-kubeconfig', /no kubeconfig/, /accept --clusters c1/))
    await bench.createCluster('c1')
    await bench.setStatus(`${CLUSTERS}/c1`, { conditions: [condition('ManagedClusterJoined', 'True')] })
    expect(await doctor()).toEqual(
      wrong(
        'hub-kubeconfig',
        /another cluster may have this name/,
        /unjoin --cluster-name c1, and join with/,
      ),
    )
  })

  it('says what something that is being deleted waits for, with and without its operator', async () => {
    await bench.installHubCrds()
    for (const [role, plural, kind] of [
      ['klusterlet', 'klusterlets', 'Klusterlet'],
      ['hub', 'clustermanagers', 'ClusterManager'],
    ] as const) {
      const name = role === 'hub' ? 'cluster-manager' : 'klusterlet'
      const path = `${OPERATOR}/${plural}/${name}`
      const doctor = () => diagnose(`doctor ${role}`)
      await bench.create(`${OPERATOR}/${plural}`, {
        apiVersion: 'operator.open-cluster-management.io/v1',
        kind,
        metadata: { name, finalizers: ['operator.example/cleanup'] },
        spec: role === 'hub' ? {} : { clusterName: 'c1', namespace: AGENT },
      })
      await bench.controlPlane.admin.request({ method: 'DELETE', path })
      expect(await doctor()).toEqual(
        wrong(
          'operator',
          /is being deleted, for which its operator has to run: there is no Deployment/,
          /finishes the deletion at once.*kubectl patch/,
        ),
      )
      await createDeployment('open-cluster-management', name)
      const held = /is being deleted, since .*; held by operator.example\/cleanup/
      expect(await doctor()).toEqual(wrong(name, held, /logs/))
      await bench.setStatus(path, { conditions: [condition('Deleting', 'False', 'DeletingError', 'why')] })
      expect(await doctor()).toEqual(wrong(name, /; DeletingError: why/, /logs/))
    }
  })

  it('asks which of the two it is to look at, and knows no others', async () => {
    expect((await bench.run('doctor nobody')).err).toContain(
      'there is no doctor for "nobody": it is hub or klusterlet',
    )
  })
})
