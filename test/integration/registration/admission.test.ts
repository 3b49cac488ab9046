import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLUSTER_GROUP, CLUSTER_SET_LABEL } from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { MANAGED_CLUSTER_SET_BINDINGS } from '../../../src/apis/cluster/v1beta2.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  NAMESPACES,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from '../../../src/apis/resources.ts'
import { type KubeApiError, type KubeClient, timeText } from '../../../src/kube/index.ts'
import {
  REGISTRATION_WEBHOOK_PATHS,
  registrationWebhookRoutes,
} from '../../../src/registration/webhook/index.ts'
import { WebhookFixture } from '../../support/webhook-fixture.ts'
import { type AnyObject, HubBench } from './hub-bench.ts'

const VALID_URL = 'https://127.0.0.1:8443'
const INVALID_URL = '127.0.0.1:8001'
const VALIDATOR = 'managedclustervalidators.admission.cluster.open-cluster-management.io'
const BINDING_VALIDATOR = 'managedclustersetbindingvalidators.admission.cluster.open-cluster-management.io'

/** Time as the webhooks see it. */
let now = Date.parse('2026-01-01T00:00:00Z')
let hub: HubBench
let webhooks: WebhookFixture
let count = 0

const rule = (group: string, resource: string, verbs: string[], resourceNames?: string[]) => ({
  apiGroups: [group],
  resources: [resource],
  verbs,
  ...(resourceNames && { resourceNames }),
})
const WRITE = rule(CLUSTER_GROUP, 'managedclusters', ['create', 'get', 'update', 'patch'])
const JOIN = rule(CLUSTER_GROUP, 'managedclustersets/join', ['create'])
const BINDINGS = rule(CLUSTER_GROUP, 'managedclustersetbindings', ['create', 'get', 'update', 'patch'])
const accept = (name: string) =>
  rule('register.open-cluster-management.io', 'managedclusters/accept', ['update'], [name])

beforeAll(async () => {
  hub = await HubBench.start()
  await hub.stopHub() // clusters are to be as they were written
  webhooks = await WebhookFixture.start(
    registrationWebhookRoutes({ client: hub.client, clock: { now: () => now } }, { defaultClusterSet: true }),
  )
  const paths = REGISTRATION_WEBHOOK_PATHS
  await configure(
    MUTATING_WEBHOOK_CONFIGURATIONS,
    'mutators',
    paths.managedClusterMutator,
    'v1',
    'managedclusters',
  )
  await configure(
    VALIDATING_WEBHOOK_CONFIGURATIONS,
    VALIDATOR,
    paths.managedClusterValidator,
    'v1',
    'managedclusters',
  )
  await configure(
    VALIDATING_WEBHOOK_CONFIGURATIONS,
    BINDING_VALIDATOR,
    paths.clusterSetBindingValidator,
    'v1beta2',
    'managedclustersetbindings',
  )
})

afterAll(async () => {
  await webhooks.close()
  await hub.close()
})

async function configure(
  definition: typeof MUTATING_WEBHOOK_CONFIGURATIONS,
  name: string,
  path: string,
  version: string,
  plural: string,
): Promise<void> {
  const webhook = {
    name: name.includes('.') ? name : `${name}.${CLUSTER_GROUP}`,
    clientConfig: webhooks.clientConfig(path),
    rules: [
      {
        operations: ['CREATE', 'UPDATE'],
        apiGroups: [CLUSTER_GROUP],
        apiVersions: [version],
        resources: [plural],
        scope: '*',
      },
    ],
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1', 'v1beta1'],
    timeoutSeconds: 10,
  }
  await hub.resource(definition).create({ metadata: { name }, webhooks: [webhook] } as unknown as AnyObject)
}

function uniqueName(): string {
  count += 1
  return `webhook-${count}`
}

/** Somebody who may do no more than the rules say. */
async function userWith(...rules: object[]): Promise<KubeClient> {
  const name = `user-${uniqueName()}`
  await hub.resource(CLUSTER_ROLES).create({ metadata: { name }, rules } as unknown as AnyObject)
  await hub.resource(CLUSTER_ROLE_BINDINGS).create({
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name }],
  } as unknown as AnyObject)
  return hub.impersonating(name)
}

interface ClusterParts {
  readonly isAccepted?: boolean
  readonly url?: string
  readonly labels?: object
  readonly spec?: object
}

function create(name: string, parts: ClusterParts = {}, client?: KubeClient): Promise<AnyObject> {
  const { isAccepted = false, url = VALID_URL, labels, spec } = parts
  const metadata = { name, ...(labels && { labels }) }
  const whole = { hubAcceptsClient: isAccepted, managedClusterClientConfigs: [{ url }], ...spec }
  return hub.create(MANAGED_CLUSTERS, { metadata: metadata as { name: string }, spec: whole }, client)
}

function merge(name: string, body: object, client: KubeClient = hub.client): Promise<AnyObject> {
  return client.resource<AnyObject>(MANAGED_CLUSTERS).patch({ name }, { type: 'merge', body })
}

async function refusal(
  attempt: Promise<unknown>,
): Promise<{ status: number; reason: string; message: string }> {
  const error = await attempt.then(
    () => expect.fail('it was allowed'),
    (refused: KubeApiError) => refused,
  )
  const { status, reason, message } = error
  return { status, reason, message }
}

const forbidden = (message: string | RegExp) => ({
  status: 403,
  reason: 'Forbidden',
  message: typeof message === 'string' ? message : expect.stringMatching(message),
})

async function terminatingNamespace(name: string): Promise<void> {
  await hub
    .resource(NAMESPACES)
    .create({ metadata: { name, finalizers: ['open-cluster-management.io/finalizer'] } } as AnyObject)
  await hub.resource(NAMESPACES).delete({ name })
}

describe('creating a managed cluster', () => {
  it('gives it the default lease duration', async () => {
    expect((await create(uniqueName())).spec.leaseDurationSeconds).toBe(60)
  })

  it.each([
    ['no spec', undefined],
    ['an empty spec', {}],
    ['no word about it', { leaseDurationSeconds: 60 }],
    ['null', { hubAcceptsClient: null }],
  ])('says that the hub does not accept it when there is %s', async (_, spec) => {
    const cluster = await hub.create(MANAGED_CLUSTERS, {
      metadata: { name: uniqueName() },
      ...(spec && { spec }),
    })
    expect(cluster.spec).toEqual({ hubAcceptsClient: false, leaseDurationSeconds: 60 })
  })

  it.each([
    ['no labels', undefined, {}],
    ['other labels', { test: 'test_value' }, { test: 'test_value' }],
    ['an empty label', { [CLUSTER_SET_LABEL]: '' }, {}],
  ])('puts it into the default set when it has %s', async (_, labels, others) => {
    const cluster = await create(uniqueName(), labels && { labels })
    expect(cluster.metadata.labels).toEqual({ ...others, [CLUSTER_SET_LABEL]: 'default' })
  })

  it('stamps its taints, and again those that change', async () => {
    const name = uniqueName()
    const taints = [{ key: 'a', value: 'b', effect: 'NoSelect' }]
    const created = await create(name, { spec: { taints } })
    expect(created.spec.taints).toEqual([{ ...taints[0], timeAdded: timeText(now) }])
    now += 1_000
    const changed = [{ key: 'a', value: 'b', effect: 'NoSelectIfNew' }]
    const updated = await merge(name, { spec: { taints: changed } })
    expect(updated.spec.taints).toEqual([{ ...changed[0], timeAdded: timeText(now) }])
    const forged = [...updated.spec.taints, { key: 'c', effect: 'NoSelect', timeAdded: timeText(0) }]
    const refused = await refusal(merge(name, { spec: { taints: forged } }))
    expect(refused).toMatchObject({ status: 400, reason: 'BadRequest' })
    expect(refused.message).toMatch(/denied the request: It is not allowed to set TimeAdded of Taint "c"\.$/)
  })

  it('refuses addresses that are not of HTTPS', async () => {
    expect(await refusal(create(uniqueName(), { url: INVALID_URL }))).toEqual({
      status: 400,
      reason: 'BadRequest',
      message: `admission webhook "${VALIDATOR}" denied the request: url "${INVALID_URL}" is invalid in client configs`,
    })
  })

  it('refuses a name that no namespace can have', async () => {
    const refused = await refusal(create(`webhook.${uniqueName()}`))
    expect(refused).toMatchObject({ status: 400, reason: 'BadRequest' })
    expect(refused.message).toMatch(/denied the request: metadata\.name format is not correct: .*dots/)
  })

  it('refuses such a name also when there are no addresses, which the original forgets', async () => {
    const attempt = create(`webhook.${uniqueName()}`, { spec: { managedClusterClientConfigs: null } })
    expect(await refusal(attempt)).toMatchObject({ status: 400, reason: 'BadRequest' })
  })

  it('refuses to have it accepted by somebody without that right', async () => {
    const name = uniqueName()
    const user = await userWith(WRITE)
    expect(await refusal(create(name, { isAccepted: true }, user))).toEqual(
      forbidden(
        /denied the request: managedclusters\/accept\.cluster\.open-cluster-management\.io "webhook-\d+" is forbidden: user "user-webhook-\d+" cannot update the HubAcceptsClient field$/,
      ),
    )
  })

  it('refuses to have it accepted while its namespace is being terminated', async () => {
    const name = uniqueName()
    await terminatingNamespace(name)
    const user = await userWith(WRITE, JOIN, accept(name))
    expect(await refusal(create(name, { isAccepted: true }, user))).toEqual(
      forbidden(new RegExp(`cluster namespace "${name}" is terminating$`)),
    )
  })

  it('has it accepted by somebody with that right', async () => {
    const name = uniqueName()
    const user = await userWith(WRITE, JOIN, accept(name))
    expect((await create(name, { isAccepted: true }, user)).spec.hubAcceptsClient).toBe(true)
  })

  it('puts it into a set for somebody who may', async () => {
    const labels = { [CLUSTER_SET_LABEL]: 'blue' }
    const cluster = await create(uniqueName(), { labels }, await userWith(WRITE, JOIN))
    expect(cluster.metadata.labels).toEqual(labels)
  })

  it('refuses to put it into a set for somebody who may not', async () => {
    const user = await userWith(WRITE, { ...JOIN, resourceNames: ['default'] })
    expect(await refusal(create(uniqueName(), { labels: { [CLUSTER_SET_LABEL]: 'blue' } }, user))).toEqual(
      forbidden(
        /managedclustersets\/join\.cluster\.open-cluster-management\.io "blue" is forbidden: user ".*" cannot add\/remove a ManagedCluster to\/from ManagedClusterSet "blue"$/,
      ),
    )
  })
})

describe('updating a managed cluster', () => {
  it('keeps the lease duration from being zero', async () => {
    const { name = '' } = (await create(uniqueName())).metadata
    const updated = await merge(name, { spec: { leaseDurationSeconds: null } })
    expect(updated.spec.leaseDurationSeconds).toBe(60)
  })

  it('keeps the cluster in a set, which may be another', async () => {
    const { name = '' } = (await create(uniqueName())).metadata
    const without = await merge(name, { metadata: { labels: { [CLUSTER_SET_LABEL]: null } } })
    expect(without.metadata.labels).toEqual({ [CLUSTER_SET_LABEL]: 'default' })
    const moved = await merge(name, { metadata: { labels: { [CLUSTER_SET_LABEL]: 's1' } } })
    expect(moved.metadata.labels).toEqual({ [CLUSTER_SET_LABEL]: 's1' })
  })

  it('refuses addresses that are not of HTTPS', async () => {
    const { name = '' } = (await create(uniqueName())).metadata
    const attempt = merge(name, { spec: { managedClusterClientConfigs: [{ url: INVALID_URL }] } })
    expect(await refusal(attempt)).toMatchObject({ status: 400, reason: 'BadRequest' })
  })

  it('lets somebody without other rights change what is nobody’s right', async () => {
    const { name = '' } = (await create(uniqueName(), { isAccepted: true })).metadata
    const updated = await merge(name, { metadata: { labels: { k: 'v' } } }, await userWith(WRITE))
    expect(updated.metadata.labels).toMatchObject({ k: 'v' })
  })

  it('refuses to accept it for somebody without that right, and lets them deny it', async () => {
    const { name = '' } = (await create(uniqueName())).metadata
    const user = await userWith(WRITE)
    const attempt = merge(name, { spec: { hubAcceptsClient: true } }, user)
    expect(await refusal(attempt)).toEqual(forbidden(/cannot update the HubAcceptsClient field$/))
    await merge(name, { spec: { hubAcceptsClient: true } })
    expect((await merge(name, { spec: { hubAcceptsClient: false } }, user)).spec.hubAcceptsClient).toBe(false)
  })

  it('refuses to accept it while its namespace is being terminated', async () => {
    const { name = '' } = (await create(uniqueName())).metadata
    await terminatingNamespace(name)
    const attempt = merge(
      name,
      { spec: { hubAcceptsClient: true } },
      await userWith(WRITE, JOIN, accept(name)),
    )
    expect(await refusal(attempt)).toEqual(forbidden(/is terminating$/))
  })

  it('moves it between sets for who may join both, and nobody else', async () => {
    const { name = '' } = (await create(uniqueName())).metadata
    const toBlue = { metadata: { labels: { [CLUSTER_SET_LABEL]: 'blue' } } }
    for (const resourceNames of [['default'], ['blue']]) {
      const user = await userWith(WRITE, { ...JOIN, resourceNames })
      expect(await refusal(merge(name, toBlue, user))).toEqual(
        forbidden(/ManagedClusterSet "(blue|default)"$/),
      )
    }
    const moved = await merge(name, toBlue, await userWith(WRITE, JOIN))
    expect(moved.metadata.labels).toEqual({ [CLUSTER_SET_LABEL]: 'blue' })
  })
})

describe('a binding of a cluster set', () => {
  const bind = (name: string, clusterSet: string, client?: KubeClient) =>
    hub.create(
      MANAGED_CLUSTER_SET_BINDINGS,
      { metadata: { namespace: 'default', name }, spec: { clusterSet } },
      client,
    )
  const update = (name: string, body: object, client: KubeClient = hub.client) =>
    client
      .resource<AnyObject>(MANAGED_CLUSTER_SET_BINDINGS)
      .patch({ namespace: 'default', name }, { type: 'merge', body })
  const mayBind = (name: string) => rule(CLUSTER_GROUP, 'managedclustersets/bind', ['create'], [name])

  it('must be called like its set', async () => {
    expect(await refusal(bind('binding', 'blue'))).toEqual({
      status: 400,
      reason: 'BadRequest',
      message: `admission webhook "${BINDING_VALIDATOR}" denied the request: The ManagedClusterSetBinding must have the same name as the target ManagedClusterSet`,
    })
  })

  it('is made by somebody who may bind the set, and nobody else', async () => {
    const name = uniqueName()
    expect(await refusal(bind(name, name, await userWith(BINDINGS)))).toEqual(
      forbidden(new RegExp(`is forbidden: user ".*" is not allowed to bind cluster set "${name}"$`)),
    )
    const binding = await bind(name, name, await userWith(BINDINGS, mayBind(name)))
    expect(binding.spec).toEqual({ clusterSet: name })
  })

  it('keeps its set, and can be changed otherwise without the right to bind', async () => {
    const name = uniqueName()
    await bind(name, name)
    const user = await userWith(BINDINGS)
    expect(await refusal(update(name, { spec: { clusterSet: 'other' } }, user))).toMatchObject({
      status: 400,
    })
    const labelled = await update(name, { metadata: { labels: { owner: 'user' } } }, user)
    expect(labelled.metadata.labels).toEqual({ owner: 'user' })
  })
})
