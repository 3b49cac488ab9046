import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import { Informer, isForbidden, isNotFound, isUnauthorized, readKubeconfig } from '../../../src/kube/index.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { eventually } from '../../support/eventually.ts'
import { endProcesses } from '../../support/processes.ts'
import { until } from '../../support/until.ts'
import { CONFIG_MAPS, type ConfigMap, clientOf, clientWith, makeNamespace, stopClients } from './clients.ts'

const ACCOUNTS = { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true } as const
const ROLES = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'roles',
  namespaced: true,
} as const
const BINDINGS = { ...ROLES, plural: 'rolebindings' } as const
const TOKEN_REQUEST = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' } as const
const namespace = 'trust'

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )

let server: TestControlPlane
let directory: string
beforeAll(async () => {
  server = await TestControlPlane.start()
  directory = await mkdtemp(path.join(os.tmpdir(), 'trust-'))
  await makeNamespace(clientOf(server), namespace)
  await stopClients()
})
afterEach(async () => {
  await stopClients()
  await endProcesses()
})
afterAll(async () => {
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

/** Someone who may read and write ConfigMaps of the namespace, and no more. */
async function makeAccount(name: string): Promise<void> {
  const client = clientOf(server)
  await client.resource(ACCOUNTS).create({ metadata: { namespace, name } })
  const apiGroup = ROLES.group
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }]
  await client
    .resource<KubeObject & { rules: object }>(ROLES)
    .create({ metadata: { namespace, name }, rules })
  await client.resource<KubeObject & { roleRef: object; subjects: object }>(BINDINGS).create({
    metadata: { namespace, name },
    roleRef: { apiGroup, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', namespace, name }],
  })
}

async function tokenOf(account: string): Promise<string> {
  const { status } = await clientOf(server)
    .resource<KubeObject & { status?: { token: string } }>(ACCOUNTS)
    .create({ ...TOKEN_REQUEST, metadata: { namespace, name: account } }, { subresource: 'token' })
  if (!status) throw new Error('no token was given')
  return status.token
}

function clientOfFile(tokenFile: string) {
  const cluster = {
    server: server.url.href,
    'certificate-authority-data': Buffer.from(String(server.tls.ca)).toString('base64'),
  }
  const file = `${tokenFile}.kubeconfig`
  const write = writeFile(
    file,
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace } }],
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { tokenFile } }],
    }),
  )
  return clientWith(async () => {
    await write
    return readKubeconfig([file])
  })
}

it('a token that is revoked is refused, and a new one in its file taken up at once', async () => {
  await makeAccount('robot')
  const tokenFile = path.join(directory, 'token')
  await writeFile(tokenFile, await tokenOf('robot'))
  const client = clientOfFile(tokenFile)
  expect(await client.namespace()).toBe(namespace)
  const configMaps = client.resource<ConfigMap>(CONFIG_MAPS)
  await configMaps.create({ metadata: { namespace, name: 'by-robot' } })
  expect(isForbidden(await rejection(configMaps.list({ namespace: 'default' })))).toBe(true)
  const informer = new Informer({ resource: configMaps }, { namespace })
  informer.start()
  await informer.waitForSync()

  await clientOf(server).resource(ACCOUNTS).delete({ namespace, name: 'robot' })
  const read = () => configMaps.find({ namespace, name: 'by-robot' })
  await until(async () => {
    try {
      return (await read()) === undefined
    } catch (error) {
      return isUnauthorized(error)
    }
  }, 'the token of an account that is gone is refused')
  await clientOf(server)
    .resource(ACCOUNTS)
    .create({ metadata: { namespace, name: 'robot' } })
  await writeFile(tokenFile, await tokenOf('robot'))
  expect(await read()).toMatchObject({ metadata: { name: 'by-robot' } })
  await configMaps.create({ metadata: { namespace, name: 'later' } })
  await eventually(() => informer.store.get({ namespace, name: 'later' })?.metadata.name).toBe('later')
  await informer.stop()
})

it('acts on behalf of somebody else, whose rights then count', async () => {
  const impersonate = { username: 'jane', groups: ['readers'], extra: { 'example.com/why': ['to see'] } }
  const jane = clientOf(server, { impersonate })
  expect(await rejection(jane.resource(CONFIG_MAPS).list({ namespace }))).toMatchObject({
    status: 403,
    message: expect.stringMatching(/^configmaps is forbidden: User "jane" cannot list resource "configmaps"/),
  })
  const review = await jane.request({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  })
  expect(review).toMatchObject({
    status: {
      userInfo: { username: 'jane', groups: ['readers', 'system:authenticated'], extra: impersonate.extra },
    },
  })
})

it('trusts no server of another authority, until its kubeconfig is replaced', async () => {
  const cluster = await ControlPlaneProcess.start()
  const access = await readKubeconfig([cluster.kubeconfig])
  let isReplaced = false
  const client = clientWith(async () => (isReplaced ? access : { ...access, tls: server.tls }))
  const read = () => client.resource(CONFIG_MAPS).get({ namespace: 'default', name: 'nothing' })
  expect(await rejection(read())).toMatchObject({
    code: 'ERR_KUBE_REQUEST',
    message: expect.stringMatching(/certificate|self-signed|signature/),
  })
  // The same server's authority with another's client certificate: it knows nobody of that name.
  const strangers = clientWith(async () => ({ ...access, tls: { ...server.tls, ca: access.tls.ca ?? '' } }))
  expect(isUnauthorized(await rejection(strangers.resource(CONFIG_MAPS).list()))).toBe(true)

  isReplaced = true
  await until(async () => isNotFound(await rejection(read())), 'the new kubeconfig is taken up')
  await cluster.dispose()
})
