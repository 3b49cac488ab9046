import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'

let plane: TestControlPlane

beforeAll(async () => {
  plane = await TestControlPlane.start()
})
afterAll(() => plane.close())

/** A new namespace with a quota `q`. */
async function namespaceWith(name: string, hard: object): Promise<string> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  expect((await plane.admin.post('/api/v1/namespaces', namespace)).status).toBe(201)
  const path = `/api/v1/namespaces/${name}`
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec: { hard } }
  expect((await plane.admin.post(`${path}/resourcequotas`, quota)).status).toBe(201)
  return path
}

function configMap(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
}

async function status(path: string): Promise<unknown> {
  const { json } = await plane.admin.request({ method: 'GET', path: `${path}/resourcequotas/q` })
  return (json as { status?: unknown }).status
}

it('lets exactly as many be created at the same time as the quota has room for', async () => {
  const path = await namespaceWith('many', { configmaps: '5', 'count/configmaps': '10' })
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) => plane.admin.post(`${path}/configmaps`, configMap(`m${index}`))),
  )
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(5)
  const refused = answers.filter((answer) => answer.status === 403)
  expect(refused).toHaveLength(11)
  expect(refused[0]?.json).toMatchObject({
    reason: 'Forbidden',
    message: expect.stringMatching(
      /^configmaps "m\d+" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=5, limited: configmaps=5$/,
    ),
  })
  await eventually(() => status(path)).toEqual({
    hard: { configmaps: '5', 'count/configmaps': '10' },
    used: { configmaps: '5', 'count/configmaps': '5' },
  })
})

it('tells in the status of a quota what is used, and gives back what is deleted', async () => {
  const path = await namespaceWith('shown', { configmaps: '1', 'services.nodeports': '2' })
  await eventually(() => status(path)).toEqual({
    hard: { configmaps: '1', 'services.nodeports': '2' },
    used: { configmaps: '0', 'services.nodeports': '0' },
  })
  expect((await plane.admin.post(`${path}/configmaps`, configMap('a'))).status).toBe(201)
  await eventually(() => status(path)).toMatchObject({ used: { configmaps: '1' } })
  expect((await plane.admin.post(`${path}/configmaps`, configMap('b'))).status).toBe(403)
  const gone = await plane.admin.request({ method: 'DELETE', path: `${path}/configmaps/a` })
  expect(gone.status).toBe(200)
  expect((await plane.admin.post(`${path}/configmaps`, configMap('b'))).status).toBe(201)
  await plane.admin.request({ method: 'DELETE', path: `${path}/configmaps/b` })
  await eventually(() => status(path)).toMatchObject({ used: { configmaps: '0' } })
})

it('takes nothing for a dry run, nor for what is refused afterwards', async () => {
  const path = await namespaceWith('dry', { configmaps: '1' })
  const dry = await plane.admin.post(`${path}/configmaps?dryRun=All`, configMap('a'))
  expect(dry.status).toBe(201)
  const invalid = await plane.admin.post(`${path}/configmaps`, configMap('Not A Name'))
  expect(invalid.status).toBe(422)
  expect((await plane.admin.post(`${path}/configmaps`, configMap('a'))).status).toBe(201)
})

it('counts what an update takes more', async () => {
  const path = await namespaceWith('ports', { 'services.nodeports': '1' })
  const service = (type: string, ports: number[]) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { type, ports: ports.map((port) => ({ name: `p${port}`, port })) },
  })
  expect((await plane.admin.post(`${path}/services`, service('ClusterIP', [80, 81]))).status).toBe(201)
  const put = (body: object) =>
    plane.admin.request({ method: 'PUT', path: `${path}/services/s`, body: JSON.stringify(body) })
  expect((await put(service('NodePort', [80, 81]))).json).toMatchObject({
    message:
      'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
  })
  expect((await put(service('NodePort', [80]))).status).toBe(200)
  await eventually(() => status(path)).toMatchObject({ used: { 'services.nodeports': '1' } })
})
