import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../../support/api-client.ts'
import { STORAGES, TestControlPlane } from '../../support/control-plane.ts'
import { type ConfigMaps, configMapsIn } from './config-maps.ts'

const NAMES = Array.from({ length: 40 }, (_, index) => `m-${String(index).padStart(2, '0')}`)

describe.each(STORAGES)('a list in pages (%s)', (storage) => {
  let server: TestControlPlane
  beforeAll(async () => {
    server = await TestControlPlane.start(storage)
  })
  afterAll(() => server.close())

  /** All pages, with something that happens between each two. */
  async function pages(path: string, between: (page: number) => Promise<unknown>): Promise<Json[]> {
    const all: Json[] = []
    for (let token = ''; ; ) {
      const page = (await server.admin.get(`${path}&continue=${token}`)).json
      all.push(page)
      token = page.metadata.continue ?? ''
      if (token === '') return all
      await between(all.length)
    }
  }

  const fill = async (namespace: string): Promise<ConfigMaps> => {
    const maps = await configMapsIn(server.admin, namespace)
    for (const [index, name] of NAMES.entries())
      await maps.create(name, { metadata: { name, labels: { odd: String(index % 2) } } })
    return maps
  }

  it('shows what there was at its first page, whatever is written meanwhile', async () => {
    const maps = await fill('paged')
    const before = (await server.admin.get(maps.path)).json
    const all = await pages(`${maps.path}?limit=7`, async (page) => {
      await maps.create(`m-${page}-new`)
      await server.admin.delete(maps.at(NAMES[39 - page] as string))
      await server.admin.patch(maps.at(NAMES[page] as string), { data: { page: `${page}` } })
    })
    expect(all.flatMap(({ items }) => items)).toEqual(before.items)
    expect(new Set(all.map(({ metadata }) => metadata.resourceVersion))).toEqual(
      new Set([before.metadata.resourceVersion]),
    )
    expect(all.map(({ metadata }) => metadata.remainingItemCount)).toEqual([33, 26, 19, 12, 5, undefined])
  })

  it('fills pages with what is selected', async () => {
    const maps = await fill('selected')
    const all = await pages(`${maps.path}?limit=6&labelSelector=odd%3D1`, async () => {})
    expect(all.map(({ items }) => items.length)).toEqual([6, 6, 6, 2])
    const names = all.flatMap(({ items }) => items).map((item: Json) => item.metadata.name)
    expect(names).toEqual(NAMES.filter((_, index) => index % 2 === 1))
  })

  it('can be deleted, too', async () => {
    const maps = await fill('deleted')
    const first = (await server.admin.delete(`${maps.path}?limit=3&labelSelector=odd%3D1`)).json
    expect(first.items.map((item: Json) => item.metadata.name)).toEqual(['m-01', 'm-03', 'm-05'])
    expect((await server.admin.get(maps.path)).json.items).toHaveLength(37)
    const { status } = await server.admin.delete(`${maps.path}?resourceVersionMatch=Exact`)
    expect([status, (await server.admin.get(maps.path)).json.items.length]).toEqual([422, 37])
  })
})
