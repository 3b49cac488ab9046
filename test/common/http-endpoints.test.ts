import { request as httpRequest, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import {
  checklistRoute,
  HttpEndpoints,
  healthRoutes,
  metricsRoute,
  type Routes,
  readinessRoute,
  redirectToPort,
  sendText,
} from '../../src/common/http-endpoints.ts'
import { ListenError } from '../../src/common/listen.ts'
import { silentLogger } from '../../src/common/log.ts'

const metrics = { contentType: 'text/plain; version=0.0.4', metrics: async () => 'up 1\n' }

const started: HttpEndpoints[] = []
afterEach(() => Promise.all(started.splice(0).map((endpoints) => endpoints.stop())))

async function serve(routes: Routes, port = 0): Promise<number> {
  const endpoints = new HttpEndpoints(
    { log: silentLogger, routes },
    { name: 'test', host: '127.0.0.1', port, flag: '--health-port' },
  )
  started.push(endpoints)
  await endpoints.start()
  return endpoints.port
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function ask(
  port: number,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode, headers: response.headers, body }),
          reject,
        )
      },
    )
    request.on('error', reject)
    request.end()
  })
}

describe("the proxy server's health port", () => {
  it('is alive and has metrics', async () => {
    const port = await serve(
      healthRoutes(
        readinessRoute(() => undefined),
        metrics,
      ),
    )
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200, body: 'ok' })
    const scraped = await ask(port, '/metrics')
    expect(scraped).toMatchObject({ status: 200, body: 'up 1\n' })
    expect(scraped.headers['content-type']).toBe('text/plain; version=0.0.4')
  })

  it('is ready as long as there is no reason not to be', async () => {
    let reason: string | undefined = 'no connection to any proxy agent'
    const port = await serve(
      healthRoutes(
        readinessRoute(() => reason),
        metrics,
      ),
    )
    for (const path of ['/readyz', '/ready']) {
      expect(await ask(port, path)).toMatchObject({ status: 500, body: 'no connection to any proxy agent' })
    }
    reason = undefined
    for (const path of ['/readyz', '/ready', '/readyz?verbose']) {
      expect(await ask(port, path)).toMatchObject({ status: 200, body: 'ok' })
    }
  })
})

describe("the proxy agent's readiness", () => {
  it('tells every check when asked to, and when one fails', async () => {
    let failure: string | undefined
    const ready = checklistRoute({ ping: () => undefined, 'server-connected': () => failure })
    const port = await serve(healthRoutes(ready, metrics))
    expect(await ask(port, '/readyz')).toMatchObject({ status: 200, body: 'ok' })
    expect(await ask(port, '/readyz?verbose')).toMatchObject({
      status: 200,
      body: '[+]ping ok\n[+]server-connected ok\ncheck passed\n',
    })
    failure = 'no servers connected'
    expect(await ask(port, '/ready')).toMatchObject({
      status: 503,
      body: '[+]ping ok\n[-]server-connected failed: no servers connected\n',
    })
  })
})

describe("the proxy agent's admin port", () => {
  it('sends whoever wants metrics to the health port of the same host', async () => {
    const port = await serve({ '/metrics': redirectToPort(8093) })
    const answer = await ask(port, '/metrics?a=1&b=2', 'GET', { host: 'agent.example:8094' })
    expect(answer.status).toBe(301)
    expect(answer.headers.location).toBe('//agent.example:8093/metrics?a=1&b=2')
    expect(answer.body).toBe('<a href="//agent.example:8093/metrics?a=1&amp;b=2">Moved Permanently</a>.\n\n')
    const locationFor = async (host: string) =>
      (await ask(port, '/metrics', 'GET', { host })).headers.location
    expect(await locationFor('[::1]:8094')).toBe('//[::1]:8093/metrics')
    expect(await locationFor('[::1]')).toBe('//[::1]:8093/metrics')
    expect(await locationFor('agent')).toBe('//agent:8093/metrics')
  })
})

describe('any endpoint', () => {
  const routes: Routes = {
    '/metrics': metricsRoute(metrics),
    '/broken': () => {
      throw new Error('it broke')
    },
  }

  it('answers 404 as Go does', async () => {
    const port = await serve(routes)
    for (const path of ['/', '/metrics/', '/debug/pprof/', '/constructor']) {
      expect(await ask(port, path)).toMatchObject({ status: 404, body: '404 page not found\n' })
    }
  })

  it.each([
    ['GET', 'up 1\n'],
    ['HEAD', ''],
    ['POST', 'up 1\n'],
    ['PUT', 'up 1\n'],
    ['DELETE', 'up 1\n'],
    ['OPTIONS', 'up 1\n'],
  ])('answers %s, as Go does with any method', async (method, body) => {
    expect(await ask(await serve(routes), '/metrics', method)).toMatchObject({ status: 200, body })
  })

  it('answers whatever is below a route that ends with a slash, by the longest', async () => {
    const say = (body: string) => async (_: unknown, response: ServerResponse) =>
      sendText(response, 200, body)
    const port = await serve({
      '/debug/': say('debug'),
      '/debug/heap/': say('heap'),
      '/debug/one': say('one'),
    })
    const bodies = await Promise.all(
      ['/debug/', '/debug/a/b', '/debug/heap/x', '/debug/one'].map(
        async (path) => (await ask(port, path)).body,
      ),
    )
    expect(bodies).toEqual(['debug', 'debug', 'heap', 'one'])
    for (const path of ['/', '/debug', '/debugger', '/a/b/c', '//'])
      expect(await ask(port, path)).toMatchObject({ status: 404 })
  })

  it('survives a route that throws', async () => {
    const port = await serve(routes)
    expect(await ask(port, '/broken')).toMatchObject({ status: 500, body: 'it broke\n' })
    expect((await ask(port, '/metrics')).status).toBe(200)
  })

  it('names the flag when its port is taken', async () => {
    const port = await serve(routes)
    const second = serve(routes, port)
    await expect(second).rejects.toThrow(ListenError)
    await expect(second).rejects.toThrow(
      `listen tcp 127.0.0.1:${port}: bind: address already in use (set by --health-port)`,
    )
  })

  it('names the flag of the address when that is what is wrong', async () => {
    const endpoints = new HttpEndpoints(
      { log: silentLogger, routes },
      { name: 'x', host: '192.0.2.1', port: 0, flag: '--x-port', hostFlag: '--x-address' },
    )
    await expect(endpoints.start()).rejects.toThrow(
      'listen tcp 192.0.2.1:0: bind: cannot assign requested address (set by --x-address)',
    )
  })

  it('may be stopped twice, and before it was started', async () => {
    const endpoints = new HttpEndpoints(
      { log: silentLogger, routes },
      { name: 'x', host: '', port: 0, flag: '--x' },
    )
    await endpoints.stop()
    await endpoints.start()
    await endpoints.stop()
    await endpoints.stop()
  })
})
