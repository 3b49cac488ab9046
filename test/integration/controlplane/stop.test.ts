import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { takeFrames, watchFrames } from '../../support/api-watch.ts'
import { STORAGES, TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { configMapsIn } from './config-maps.ts'

it.each(STORAGES)('ends watches in order when it stops, over HTTP/1.1 and HTTP/2 (%s)', async (storage) => {
  const server = await TestControlPlane.start(storage)
  const maps = await configMapsIn(server.admin, 'stopped')
  await maps.create('a')
  const frames = watchFrames(await server.admin.open({ path: `${maps.path}?watch=1` }))
  const session = connectHttp2(server.url, server.tls)
  const stream = session.request({ ':path': `${maps.path}?watch=1` })
  await once(stream, 'response')
  const body = text(stream)
  await takeFrames(frames, 1)

  await server.stop()

  expect(await takeFrames(frames, 1)).toEqual([])
  expect(JSON.parse(await body)).toMatchObject({ type: 'ADDED' })
  // A connection that was kept open may not have heard yet that it is closed.
  const isRefused = ({ code }: { code?: string }) => code === 'ECONNREFUSED'
  await until(() => server.admin.get('/version').then(() => false, isRefused), 'nobody listens any more')
  session.destroy()
  await server.close()
})
