import { afterEach, describe, expect, it } from 'vitest'
import { HttpEndpoints } from '../../src/common/http-endpoints.ts'
import { silentLogger } from '../../src/common/log.ts'
import { type ProfilingOptions, profilingRoutes } from '../../src/common/profiling.ts'
import { run } from '../support/processes.ts'

let endpoints: HttpEndpoints | undefined
afterEach(() => endpoints?.stop())

async function serve(options: ProfilingOptions): Promise<string> {
  const components = { log: silentLogger, routes: profilingRoutes(options) }
  endpoints = new HttpEndpoints(components, {
    name: 'admin',
    host: '127.0.0.1',
    port: 0,
    flag: '--admin-port',
  })
  await endpoints.start()
  return `http://127.0.0.1:${endpoints.port}/debug/pprof`
}

const sourceOf = (file: string) =>
  JSON.stringify(new URL(`../../src/common/${file}.ts`, import.meta.url).href)

/** In a process of its own, whose heap is small: here it holds all that other test files have loaded. */
const HEAP_OF_A_SERVER = `
  import { HttpEndpoints } from ${sourceOf('http-endpoints')}
  import { silentLogger } from ${sourceOf('log')}
  import { profilingRoutes } from ${sourceOf('profiling')}
  const components = { log: silentLogger, routes: profilingRoutes({ enabled: true, contention: false }) }
  const endpoints = new HttpEndpoints(components, { name: 'admin', host: '127.0.0.1', port: 0, flag: '' })
  await endpoints.start()
  const response = await fetch('http://127.0.0.1:' + endpoints.port + '/debug/pprof/heap')
  const { snapshot } = await response.json()
  await endpoints.stop()
  console.log(JSON.stringify({ snapshot }))
`

const get = (url: string) => fetch(url, { redirect: 'manual', headers: { connection: 'close' } })

describe('profiling', () => {
  it('is not there unless it is switched on', async () => {
    const base = await serve({ enabled: false, contention: false })
    for (const path of ['', '/', '/profile', '/heap', '/block'])
      expect((await get(base + path)).status).toBe(404)
  })

  it('has an index', async () => {
    const base = await serve({ enabled: true, contention: false })
    const redirect = await get(base)
    expect([redirect.status, redirect.headers.get('location')]).toEqual([301, '/debug/pprof/'])
    const index = await get(`${base}/`)
    expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await index.text()).toContain('href="profile?seconds=30"')
  })

  it('takes a CPU profile', async () => {
    const base = await serve({ enabled: true, contention: false })
    const response = await get(`${base}/profile?seconds=0.05`)
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="profile.cpuprofile"')
    expect(await response.json()).toMatchObject({ nodes: expect.any(Array), samples: expect.any(Array) })
  })

  it('takes one profile of a kind at a time', async () => {
    const base = await serve({ enabled: true, contention: false })
    const both = await Promise.all([get(`${base}/profile?seconds=0.2`), get(`${base}/profile?seconds=0.2`)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 500])
    for (const response of both) await response.text()
    expect((await get(`${base}/profile?seconds=0.01`)).status).toBe(200)
  })

  it('samples allocations', async () => {
    const base = await serve({ enabled: true, contention: false })
    const response = await get(`${base}/heap?seconds=0.05`)
    expect(await response.json()).toMatchObject({ head: expect.any(Object) })
  })

  it('streams the whole heap', async () => {
    const { status, stdout, stderr } = await run(
      process.execPath,
      ['--input-type=module', '-e', HEAP_OF_A_SERVER],
      { input: '' },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ snapshot: { meta: expect.any(Object) } })
  })

  it.each(['0', '-1', '601', 'x'])('refuses to take %s seconds', async (seconds) => {
    const base = await serve({ enabled: true, contention: false })
    expect((await get(`${base}/profile?seconds=${seconds}`)).status).toBe(400)
    expect((await get(`${base}/heap?seconds=${seconds}`)).status).toBe(400)
  })

  it('tells event loop delays where Go tells lock contention', async () => {
    const base = await serve({ enabled: true, contention: true })
    expect(await (await get(`${base}/block`)).json()).toMatchObject({ p99Ms: expect.any(Number) })
  })
})
