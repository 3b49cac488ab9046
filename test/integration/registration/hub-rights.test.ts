import { afterAll, beforeAll, describe, it } from 'vitest'
import { MANAGED_CLUSTER_ADD_ONS } from '../../../src/apis/addon/v1alpha1.ts'
import { AVAILABLE_CONDITION, HUB_ACCEPTED_CONDITION } from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { MANAGED_CLUSTER_SET_BINDINGS, MANAGED_CLUSTER_SETS } from '../../../src/apis/cluster/v1beta2.ts'
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  EVENTS,
  LEASES,
} from '../../../src/apis/resources.ts'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { hubConfig } from '../../../src/operator/cluster-manager/hub-config.ts'
import { registrationResources } from '../../../src/operator/cluster-manager/manifests/registration.ts'
import { createCertificateRequest, encodePrivateKey, generatePrivateKey } from '../../../src/pki/index.ts'
import { JumpingClock } from '../../support/jumping-clock.ts'
import { type AnyObject, conditionsOf, conditionText, HubBench } from './hub-bench.ts'

const USER = 'registration-controller'
const clock = new JumpingClock()
let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start({ user: USER, clock })
  const [role] = registrationResources(
    hubConfig(
      { metadata: { name: 'cluster-manager' } },
      {
        operatorNamespace: 'open-cluster-management',
        replicas: 1,
        caBundle: '',
        hasImagePullSecret: false,
        imagePullSecretName: 'secret',
        enableSyncLabels: false,
        tls: { minVersion: '', cipherSuites: '' },
        agentImage: '',
        mayDeleteRequests: true,
      },
    ),
  )
  const { rules } = role as AnyObject
  await hub.resource(CLUSTER_ROLES).create({ metadata: { name: USER }, rules } as unknown as AnyObject)
  await hub.resource(CLUSTER_ROLE_BINDINGS).create({
    metadata: { name: USER },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: USER },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: USER }],
  } as unknown as AnyObject)
})

afterAll(() => hub.close())

describe('with the rights that its operator gives it', () => {
  it('the hub does all that it does', async () => {
    await hub.create(MANAGED_CLUSTERS, { metadata: { name: 'c1' }, spec: { hubAcceptsClient: true } })
    const until = (isAsWanted: (cluster: AnyObject) => boolean) =>
      hub.untilOne(MANAGED_CLUSTERS, { name: 'c1' }, isAsWanted)
    await until((each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True')
    await hub.untilOne(LEASES, { namespace: 'c1', name: 'managed-cluster-lease' }, () => true)
    await hub.create(MANAGED_CLUSTER_ADD_ONS, { metadata: { namespace: 'c1', name: 'a' }, spec: {} })
    const finalizers = ['example.com/agent']
    await hub.create(MANIFEST_WORKS, { metadata: { namespace: 'c1', name: 'w', finalizers }, spec: {} })
    clock.advance(6 * 60_000)
    await until((each) => conditionsOf(each)[AVAILABLE_CONDITION] === 'Unknown')
    await until((each) => each.spec.taints?.length === 1)
    await until(({ metadata }) => Object.keys(metadata.labels ?? {}).some((key) => key.endsWith('/addon-a')))
    await hub.untilOne(
      MANAGED_CLUSTER_ADD_ONS,
      { namespace: 'c1', name: 'a' },
      (each) => conditionsOf(each).Available === 'Unknown',
    )
    await hub.until(EVENTS, { namespace: 'c1' }, ({ size }) => size > 0)

    await hub.merge(
      MANAGED_CLUSTER_SETS,
      { name: 'global' },
      { spec: { clusterSelector: { selectorType: 'ExclusiveClusterSetLabel', labelSelector: null } } },
    )
    await hub.untilOne(
      MANAGED_CLUSTER_SETS,
      { name: 'global' },
      (set) => conditionText(set, 'ClusterSetEmpty')?.includes('1 ManagedClusters') ?? false,
    )
    const key = { namespace: 'default', name: 'global' }
    await hub.create(MANAGED_CLUSTER_SET_BINDINGS, { metadata: key, spec: { clusterSet: 'global' } })
    await hub.untilOne(MANAGED_CLUSTER_SET_BINDINGS, key, (binding) => conditionsOf(binding).Bound === 'True')

    const { requestPem } = await createCertificateRequest({
      commonName: 'somebody',
      privateKeyPem: encodePrivateKey(await generatePrivateKey()),
    })
    await hub.resource(CERTIFICATE_SIGNING_REQUESTS).create({
      metadata: { name: 'c1-request', labels: { 'open-cluster-management.io/cluster-name': 'c1' } },
      spec: {
        request: Buffer.from(requestPem).toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
      },
    } as unknown as AnyObject)

    await hub.merge(MANAGED_CLUSTERS, { name: 'c1' }, { spec: { hubAcceptsClient: false } })
    await until((each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'False')
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'c1' })
    await hub.untilOne(
      MANIFEST_WORKS,
      { namespace: 'c1', name: 'w' },
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    )
    await hub.merge(MANIFEST_WORKS, { namespace: 'c1', name: 'w' }, { metadata: { finalizers: null } })
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'c1' })
    await hub.untilGone(CERTIFICATE_SIGNING_REQUESTS, { name: 'c1-request' })
  })
})
