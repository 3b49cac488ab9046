import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../../support/api-client.ts'
import { STORAGES, TestControlPlane } from '../../support/control-plane.ts'
import { type ConfigMaps, configMapsIn } from './config-maps.ts'

const WRITERS = 16
const ROUNDS = 6
const APPLY = 'application/apply-patch+yaml'

describe.each(STORAGES)('writes (%s)', (storage) => {
  let server: TestControlPlane
  let maps: ConfigMaps
  beforeAll(async () => {
    server = await TestControlPlane.start(storage)
    maps = await configMapsIn(server.admin, 'written')
  })
  afterAll(() => server.close())

  it('of many who hold on to the version they have read lose no update', async () => {
    await maps.create('counter', { data: { count: '0' } })
    let conflicts = 0
    const increment = async (): Promise<void> => {
      for (;;) {
        const { json } = await server.admin.get(maps.at('counter'))
        json.data.count = String(Number(json.data.count) + 1)
        const { status } = await server.admin.put(maps.at('counter'), json)
        if (status === 200) return
        expect(status).toBe(409)
        conflicts++
      }
    }
    await Promise.all(
      Array.from({ length: WRITERS }, async () => {
        for (let round = 0; round < ROUNDS; round++) await increment()
      }),
    )
    expect((await server.admin.get(maps.at('counter'))).json.data.count).toBe(String(WRITERS * ROUNDS))
    expect(conflicts).toBeGreaterThan(0)
  })

  it('by patches of many all count', async () => {
    await maps.create('patched')
    const keys = Array.from({ length: WRITERS }, (_, index) => `k${index}`)
    const replies = await Promise.all(
      keys.map((key) => server.admin.patch(maps.at('patched'), { data: { [key]: 'x' } })),
    )
    expect(replies.map(({ status }) => status)).toEqual(keys.map(() => 200))
    const { data } = (await server.admin.get(maps.at('patched'))).json
    expect(Object.keys(data).sort()).toEqual(keys.sort())
  })

  it('by two who create the same let one win', async () => {
    const body = { metadata: { name: 'once' } }
    const replies = await Promise.all(Array.from({ length: 8 }, () => server.admin.post(maps.path, body)))
    expect(replies.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 7 }, () => 409)])
  })

  it('that apply what somebody else has updated since conflict, until they are forced', async () => {
    const config = (a: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shared' },
      data: { a },
    })
    const apply = (a: string, force = false) =>
      server.admin.patch(`${maps.at('shared')}?fieldManager=one&force=${force}`, config(a), APPLY)
    expect((await apply('1')).status).toBe(201)
    const { json } = await server.admin.get(maps.at('shared'))
    const updated = await server.admin.put(`${maps.at('shared')}?fieldManager=two`, {
      ...json,
      data: { a: '2' },
    })
    expect(updated.status).toBe(200)

    const refused = await apply('3')
    expect(refused.json).toMatchObject({
      code: 409,
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.data.a' }] },
    })
    expect(refused.json.message).toContain('conflict with "two"')
    const forced = await apply('3', true)
    expect(forced.json.data).toEqual({ a: '3' })
    expect(forced.json.metadata.managedFields.map(({ manager }: { manager: string }) => manager)).toEqual([
      'one',
    ])
  })

  it('of a whole collection answer with all that was deleted, in their order', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `many-${String(index).padStart(2, '0')}`)
    const labels = { many: 'yes' }
    await Promise.all(names.map((name) => maps.create(name, { metadata: { name, labels } })))
    const { status, json } = await server.admin.delete(`${maps.path}?labelSelector=many%3Dyes`)
    expect(status).toBe(200)
    expect(json.items.map(({ metadata }: Json) => metadata.name)).toEqual(names)
    expect((await server.admin.get(`${maps.path}?labelSelector=many%3Dyes`)).json.items).toEqual([])
  })

  it('of a whole collection by several at once delete everything once', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `few-${String(index).padStart(2, '0')}`)
    const labels = { few: 'yes' }
    await Promise.all(names.map((name) => maps.create(name, { metadata: { name, labels } })))
    const replies = await Promise.all(
      Array.from({ length: 4 }, () => server.admin.delete(`${maps.path}?labelSelector=few%3Dyes`)),
    )
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const deleted = replies.flatMap(({ json }) => json.items.map(({ metadata }: Json) => metadata.name))
    expect(deleted.sort()).toEqual(names)
  })

  it('that are only tried change nothing', async () => {
    const { admin } = server
    await maps.create('kept', { data: { a: '1' } })
    const before = (await admin.get(maps.path)).text
    const { json } = await admin.get(maps.at('kept'))
    const tried = [
      await admin.post(`${maps.path}?dryRun=All`, { metadata: { name: 'tried' } }),
      await admin.put(`${maps.at('kept')}?dryRun=All`, { ...json, data: { a: '2' } }),
      await admin.patch(`${maps.at('kept')}?dryRun=All`, { data: { a: '3' } }),
      await admin.patch(
        `${maps.at('applied')}?dryRun=All&fieldManager=one`,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' } },
        APPLY,
      ),
      await admin.delete(`${maps.at('kept')}?dryRun=All`),
      await admin.delete(`${maps.path}?dryRun=All`),
      await admin.delete('/api/v1/namespaces/written?dryRun=All'),
    ]
    expect(tried.map(({ status }) => status)).toEqual([201, 200, 200, 201, 200, 200, 200])
    expect((await admin.get(maps.path)).text).toBe(before)
    expect((await admin.get('/api/v1/namespaces/written')).json.status.phase).toBe('Active')
  })
})
