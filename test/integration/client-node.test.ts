import {
  ApiException,
  ApiextensionsV1Api,
  AppsV1Api,
  AuthenticationV1Api,
  AuthorizationV1Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  Health,
  KubeConfig,
  KubernetesObjectApi,
  ListWatch,
  makeInformer,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  type V1ConfigMap,
  V1MicroTime,
  type V1Status,
  VersionApi,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ControlPlaneProcess } from '../support/control-plane-process.ts'
import { eventually } from '../support/eventually.ts'
import { endProcesses } from '../support/processes.ts'

/** A guard against hanging, generous since the machine may be busy. */
const BUSY = { timeout: 60_000 }
const namespace = 'client-node'
const PATH = `/api/v1/namespaces/${namespace}/configmaps`

let cluster: ControlPlaneProcess
let kubeConfig: KubeConfig
let core: CoreV1Api

beforeAll(async () => {
  cluster = await ControlPlaneProcess.start()
  kubeConfig = loadedFrom(cluster.kubeconfig)
  core = kubeConfig.makeApiClient(CoreV1Api)
  await core.createNamespace({ body: { metadata: { name: namespace } } })
}, BUSY.timeout)
afterAll(async () => {
  await cluster.dispose()
  await endProcesses()
})

function loadedFrom(file: string): KubeConfig {
  const config = new KubeConfig()
  config.loadFromFile(file)
  return config
}

function withToken(token: string): KubeConfig {
  const config = new KubeConfig()
  const cluster = kubeConfig.getCurrentCluster()
  if (!cluster) throw new Error('the kubeconfig names no cluster')
  config.loadFromClusterAndUser(cluster, { name: 'somebody', token })
  return config
}

async function refusalOf(promise: Promise<unknown>): Promise<{ code: number; status: V1Status }> {
  const error = await promise.then(
    () => expect.unreachable(),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ApiException)
  const { code, body } = error as ApiException<string | V1Status>
  return { code, status: typeof body === 'string' ? JSON.parse(body) : body }
}

const configMap = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({
  metadata: { name },
  data,
})

describe('a KubeConfig', () => {
  it('is loaded from a file, from what KUBECONFIG names, from text and from objects', async () => {
    vi.stubEnv('KUBECONFIG', cluster.kubeconfig)
    const byDefault = new KubeConfig()
    byDefault.loadFromDefault()
    vi.unstubAllEnvs()
    const fromText = new KubeConfig()
    fromText.loadFromString(kubeConfig.exportConfig())
    const fromObjects = new KubeConfig()
    const [context, current, user] = [
      kubeConfig.currentContext,
      kubeConfig.getCurrentCluster(),
      kubeConfig.getCurrentUser(),
    ]
    fromObjects.loadFromOptions({
      contexts: kubeConfig.getContexts(),
      clusters: [current],
      users: [user],
      currentContext: context,
    })
    for (const config of [byDefault, fromText, fromObjects]) {
      const { items } = await config.makeApiClient(CoreV1Api).listNamespace()
      expect(items.map(({ metadata }) => metadata?.name)).toContain(namespace)
    }
  })

  it('is nobody without credentials', async () => {
    const stranger = withToken('nonsense').makeApiClient(CoreV1Api)
    await expect(stranger.listNamespace()).rejects.toMatchObject({
      code: 401,
      message: expect.stringContaining('Unauthorized'),
    })
    expect(await new Health(kubeConfig).readyz({})).toBe(true)
    expect(await new Health(kubeConfig).livez({})).toBe(true)
    expect(await kubeConfig.makeApiClient(VersionApi).getCode()).toMatchObject({ major: '1' })
  })
})

describe('the typed clients', () => {
  it('create, read, list, replace and delete', async () => {
    const created = await core.createNamespacedConfigMap({ namespace, body: configMap('crud', { a: '1' }) })
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date)
    const read = await core.readNamespacedConfigMap({ namespace, name: 'crud' })
    expect(read).toEqual(created)
    const replaced = await core.replaceNamespacedConfigMap({
      namespace,
      name: 'crud',
      body: { ...read, data: { a: '2' } },
    })
    expect(replaced.data).toEqual({ a: '2' })
    const stale = await refusalOf(core.replaceNamespacedConfigMap({ namespace, name: 'crud', body: created }))
    expect([stale.code, stale.status.reason]).toEqual([409, 'Conflict'])

    for (const name of ['p1', 'p2', 'p3']) {
      const body = { ...configMap(name), metadata: { name, labels: { paged: 'yes' } } }
      await core.createNamespacedConfigMap({ namespace, body })
    }
    const page = await core.listNamespacedConfigMap({ namespace, labelSelector: 'paged=yes', limit: 2 })
    expect(page.items.map(({ metadata }) => metadata?.name)).toEqual(['p1', 'p2'])
    const rest = await core.listNamespacedConfigMap({
      namespace,
      labelSelector: 'paged=yes',
      limit: 2,
      _continue: page.metadata?._continue ?? '',
    })
    expect(rest.items.map(({ metadata }) => metadata?.name)).toEqual(['p3'])
    await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'paged=yes' })
    expect(await core.deleteNamespacedConfigMap({ namespace, name: 'crud' })).toMatchObject({
      status: 'Success',
    })
    const gone = await refusalOf(core.readNamespacedConfigMap({ namespace, name: 'crud' }))
    expect(gone).toMatchObject({
      code: 404,
      status: { kind: 'Status', details: { name: 'crud', kind: 'configmaps' } },
    })
  })

  it('tell what a validation found, and try without a trace', async () => {
    const invalid = await refusalOf(
      core.createNamespacedConfigMap({ namespace, body: configMap('Not a name') }),
    )
    expect(invalid).toMatchObject({
      code: 422,
      status: { reason: 'Invalid', details: { causes: [{ field: 'metadata.name' }] } },
    })
    await core.createNamespacedConfigMap({ namespace, body: configMap('dry'), dryRun: 'All' })
    expect((await refusalOf(core.readNamespacedConfigMap({ namespace, name: 'dry' }))).code).toBe(404)
  })

  it.each([
    [PatchStrategy.MergePatch, { data: { a: null, b: '2' } }, { b: '2' }],
    [PatchStrategy.StrategicMergePatch, { data: { b: '2' } }, { a: '1', b: '2' }],
    [PatchStrategy.JsonPatch, [{ op: 'replace', path: '/data/a', value: '9' }], { a: '9' }],
    [
      PatchStrategy.ServerSideApply,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'patched' }, data: { c: '3' } },
      { a: '1', c: '3' },
    ],
  ] as const)('patch as %s', async (strategy, body, data) => {
    await core.createNamespacedConfigMap({ namespace, body: configMap('patched', { a: '1' }) })
    const isApplied = strategy === PatchStrategy.ServerSideApply
    const patched = await core.patchNamespacedConfigMap(
      { namespace, name: 'patched', body, ...(isApplied && { fieldManager: 'test' }) },
      setHeaderOptions('Content-Type', strategy),
    )
    expect(patched.data).toEqual(data)
    await core.deleteNamespacedConfigMap({ namespace, name: 'patched' })
  })

  it('know Deployments with their scale and status, Jobs, Leases, Services and Secrets', async () => {
    const apps = kubeConfig.makeApiClient(AppsV1Api)
    const labels = { app: 'web' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } }
    const deployment = await apps.createNamespacedDeployment({
      namespace,
      body: { metadata: { name: 'web' }, spec: { selector: { matchLabels: labels }, template } },
    })
    expect(deployment.spec).toMatchObject({ replicas: 1, strategy: { rollingUpdate: { maxSurge: '25%' } } })
    const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'web' })
    await apps.replaceNamespacedDeploymentScale({
      namespace,
      name: 'web',
      body: { ...scale, spec: { replicas: 3 } },
    })
    const status = {
      ...(await apps.readNamespacedDeployment({ namespace, name: 'web' })),
      status: { replicas: 2 },
    }
    expect(
      await apps.replaceNamespacedDeploymentStatus({ namespace, name: 'web', body: status }),
    ).toMatchObject({
      spec: { replicas: 3 },
      status: { replicas: 2 },
    })

    const job = await kubeConfig.makeApiClient(BatchV1Api).createNamespacedJob({
      namespace,
      body: {
        metadata: { name: 'once' },
        spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
      },
    })
    expect(job.spec).toMatchObject({ completions: 1, backoffLimit: 6 })

    const coordination = kubeConfig.makeApiClient(CoordinationV1Api)
    const renewTime = new V1MicroTime('2026-01-31T12:00:00.000Z')
    const spec = { holderIdentity: 'one', leaseDurationSeconds: 15, renewTime }
    await coordination.createNamespacedLease({ namespace, body: { metadata: { name: 'turns' }, spec } })
    const lease = await coordination.readNamespacedLease({ namespace, name: 'turns' })
    expect(lease.spec?.renewTime).toBe(renewTime.toISOString()) // its types promise another class
    const held = await coordination.replaceNamespacedLease({ namespace, name: 'turns', body: lease })
    expect(held.spec?.holderIdentity).toBe('one')

    const service = await core.createNamespacedService({
      namespace,
      body: {
        metadata: { name: 'web' },
        spec: { selector: labels, ports: [{ port: 80, targetPort: 'http' }] },
      },
    })
    expect(service.spec).toMatchObject({ clusterIP: expect.stringMatching(/^10\.96\./), type: 'ClusterIP' })
    const secret = await core.createNamespacedSecret({
      namespace,
      body: { metadata: { name: 'words' }, stringData: { word: 'open' } },
    })
    expect(secret.data).toEqual({ word: Buffer.from('open').toString('base64') })
  })
})

describe('who one is', () => {
  it('a token is asked for, used, judged, and bound to the rights of its account', async () => {
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'robot' } } })
    const { status } = await core.createNamespacedServiceAccountToken({
      namespace,
      name: 'robot',
      body: { spec: { audiences: ['https://kubernetes.default.svc'], expirationSeconds: 600 } },
    })
    const token = status?.token ?? ''
    const review = await kubeConfig
      .makeApiClient(AuthenticationV1Api)
      .createTokenReview({ body: { spec: { token } } })
    const username = `system:serviceaccount:${namespace}:robot`
    expect(review.status).toMatchObject({ authenticated: true, user: { username } })

    const robot = withToken(token)
    const robotCore = robot.makeApiClient(CoreV1Api)
    expect(await refusalOf(robotCore.listNamespacedConfigMap({ namespace }))).toMatchObject({
      code: 403,
      status: { reason: 'Forbidden', message: expect.stringContaining(username) },
    })
    const rbac = kubeConfig.makeApiClient(RbacAuthorizationV1Api)
    await rbac.createNamespacedRoleBinding({
      namespace,
      body: {
        metadata: { name: 'robot' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace }],
      },
    })
    await eventually(() =>
      robotCore.listNamespacedConfigMap({ namespace }).catch(() => undefined),
    ).toMatchObject({
      kind: 'ConfigMapList',
    })
    const authorization = robot.makeApiClient(AuthorizationV1Api)
    const may = async (verb: string) => {
      const resourceAttributes = { namespace, verb, resource: 'configmaps' }
      const answer = await authorization.createSelfSubjectAccessReview({
        body: { spec: { resourceAttributes } },
      })
      return answer.status?.allowed
    }
    expect([await may('get'), await may('delete')]).toEqual([true, false])
  })
})

describe('objects of any kind', () => {
  it('are created, read, patched, listed and deleted by KubernetesObjectApi', async () => {
    const client = KubernetesObjectApi.makeApiClient(kubeConfig)
    const spec = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'generic', namespace },
      data: { a: '1' },
    }
    const created = await client.create(spec)
    expect(await client.read(spec)).toEqual(created)
    const changed = { ...spec, data: { b: '2' } }
    expect(await client.patch(changed)).toMatchObject({ data: { a: '1', b: '2' } })
    const applied = await client.patch(
      { ...spec, data: { c: '3' } },
      undefined,
      undefined,
      'test',
      true,
      PatchStrategy.ServerSideApply,
    )
    expect(applied).toMatchObject({ data: { a: '1', b: '2', c: '3' } })
    const live = await client.read(spec)
    expect(await client.replace({ ...spec, metadata: { ...live.metadata, name: 'generic' } })).toMatchObject({
      data: { a: '1' },
    })
    const { items } = await client.list('v1', 'ConfigMap', namespace)
    expect(items.map(({ metadata }) => metadata?.name)).toContain('generic')
    await client.delete(spec)
    expect((await refusalOf(client.read(spec))).code).toBe(404)
  })

  it('may be of a kind that was defined a moment ago', async () => {
    const group = 'test.example.com'
    const names = { kind: 'Widget', plural: 'widgets', singular: 'widget' }
    const schema = {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: { type: 'object', properties: { size: { type: 'integer', _default: 3, maximum: 9 } } },
        },
      },
    }
    const versions = [{ name: 'v1', served: true, storage: true, schema }]
    const definitions = kubeConfig.makeApiClient(ApiextensionsV1Api)
    await definitions.createCustomResourceDefinition({
      body: { metadata: { name: `widgets.${group}` }, spec: { group, names, scope: 'Namespaced', versions } },
    })
    const isEstablished = async () => {
      const { status } = await definitions.readCustomResourceDefinition({ name: `widgets.${group}` })
      return status?.conditions?.find(({ type }) => type === 'Established')?.status
    }
    await eventually(isEstablished).toBe('True')
    const custom = kubeConfig.makeApiClient(CustomObjectsApi)
    const widgets = { group, version: 'v1', namespace, plural: 'widgets' }
    const body = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' }, spec: {} }
    expect(await custom.createNamespacedCustomObject({ ...widgets, body })).toMatchObject({
      spec: { size: 3 },
    })
    const patched = await custom.patchNamespacedCustomObject(
      { ...widgets, name: 'w', body: { spec: { size: 5 } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
    expect(patched).toMatchObject({ spec: { size: 5 }, metadata: { generation: 2 } })
    const tooBig = custom.patchNamespacedCustomObject(
      { ...widgets, name: 'w', body: [{ op: 'replace', path: '/spec/size', value: 10 }] },
      setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
    )
    expect((await refusalOf(tooBig)).code).toBe(422)
    expect(await custom.listNamespacedCustomObject(widgets)).toMatchObject({
      items: [{ metadata: { name: 'w' } }],
    })
    expect(
      await KubernetesObjectApi.makeApiClient(kubeConfig).read({
        ...body,
        metadata: { name: 'w', namespace },
      }),
    ).toMatchObject({
      spec: { size: 5 },
    })
    await custom.deleteNamespacedCustomObject({ ...widgets, name: 'w' })
    await definitions.deleteCustomResourceDefinition({ name: `widgets.${group}` })
  })
})

describe('what changes', () => {
  it('is told by a Watch, from a version on and until it is aborted', async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace })
    const seen: string[] = []
    const ended = Promise.withResolvers<Error>()
    const watching = await new Watch(kubeConfig).watch(
      PATH,
      {
        resourceVersion: metadata?.resourceVersion,
        allowWatchBookmarks: true,
        fieldSelector: 'metadata.name=watched',
      },
      (phase, object) => seen.push(`${phase} ${object.metadata.name} ${object.data?.x}`),
      ended.resolve,
    )
    await core.createNamespacedConfigMap({ namespace, body: configMap('watched', { x: '1' }) })
    await core.createNamespacedConfigMap({ namespace, body: configMap('not-watched') })
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'watched',
      body: configMap('watched', { x: '2' }),
    })
    await core.deleteNamespacedConfigMap({ namespace, name: 'watched' })
    await eventually(() => seen).toEqual(['ADDED watched 1', 'MODIFIED watched 2', 'DELETED watched 2'])
    watching.abort()
    expect(await ended.promise).toMatchObject({ name: 'AbortError' })
  })

  it('ends with the time that was asked for', async () => {
    const ended = Promise.withResolvers<unknown>()
    await new Watch(kubeConfig).watch(PATH, { timeoutSeconds: 1 }, () => {}, ended.resolve)
    expect(await ended.promise).toBeNull()
  })

  it('is kept by an informer and by a ListWatch, across a crash of the server', BUSY, async () => {
    const list = () => core.listNamespacedConfigMap({ namespace })
    const informer = makeInformer(kubeConfig, PATH, list)
    const cache = new ListWatch<V1ConfigMap>(PATH, new Watch(kubeConfig), list, false)
    const events: string[] = []
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(verb, ({ metadata }) => {
        if (metadata?.name?.startsWith('kept')) events.push(`${verb} ${metadata.name}`)
      })
    }
    // As its documentation has it: an error ends it, and whoever hears of that starts it again.
    const again = { isWanted: true }
    for (const each of [informer, cache]) {
      each.on('error', () => {
        if (again.isWanted) void restart(() => each.start())
      })
      await each.start()
    }
    await core.createNamespacedConfigMap({ namespace, body: configMap('kept-a') })
    await core.createNamespacedConfigMap({ namespace, body: configMap('kept-b') })
    await eventually(() => events).toEqual(['add kept-a', 'add kept-b'])

    cluster.process.kill('SIGKILL')
    await cluster.restart()
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'kept-a',
      body: configMap('kept-a', { x: '1' }),
    })
    await core.deleteNamespacedConfigMap({ namespace, name: 'kept-b' })
    await core.createNamespacedConfigMap({ namespace, body: configMap('kept-c') })
    await eventually(() => events.slice(2)).toEqual(['update kept-a', 'delete kept-b', 'add kept-c'])
    await eventually(() => [
      informer.get('kept-a', namespace)?.data,
      cache.get('kept-a', namespace)?.data,
    ]).toEqual([{ x: '1' }, { x: '1' }])
    await eventually(() => cache.get('kept-c', namespace)?.metadata?.name).toBe('kept-c')
    const { items } = await list()
    const namesOf = (objects: readonly V1ConfigMap[]) => objects.map(({ metadata }) => metadata?.name).sort()
    expect(namesOf(informer.list(namespace))).toEqual(namesOf(items))
    expect(namesOf(cache.list(namespace))).toEqual(namesOf(items))
    again.isWanted = false
    await Promise.all([informer.stop(), cache.stop()])
  })
})

/** Where nobody listens, the client gives up at once: it is for its user to wait for the server. */
async function restart(start: () => Promise<void>): Promise<void> {
  await cluster.ready()
  await start()
}
