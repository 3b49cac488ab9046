import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { KubeClient, KubeRequestError } from '../../../src/kube/index.ts'

it('is kept for the next requests, also after a DELETE with options', async () => {
  let connections = 0
  const api = createServer((request, response) => {
    request.resume().once('end', () => response.end('{"kind":"Status","status":"Success"}'))
  })
  api.on('connection', () => {
    connections += 1
  })
  await once(api.listen(0, '127.0.0.1'), 'listening')
  const server = new URL(`http://127.0.0.1:${(api.address() as AddressInfo).port}`)
  const client = new KubeClient({ readAccess: async () => ({ server, tls: { rejectUnauthorized: true } }) })
  const configMaps = client.resource({ group: '', version: 'v1', plural: 'configmaps', namespaced: true })
  for (let times = 0; times < 20; times += 1) {
    await configMaps.delete({ namespace: 'ns', name: 'a' }, { preconditions: { uid: 'x' } })
  }
  await client.stop()
  await once(api.close(), 'close')
  expect(connections).toBeLessThanOrEqual(2) // a request may come while the one before is being put away
})

describe('a server that does not shake hands', () => {
  async function asking(options: { readonly timeoutMs?: number; readonly signal?: AbortSignal }) {
    const silent = createTcpServer()
    const accepted = once(silent, 'connection')
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const server = new URL(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`)
    const client = new KubeClient({
      readAccess: async () => ({ server, tls: { rejectUnauthorized: true } }),
    })
    const answer = client.raw({ method: 'GET', path: '/version', ...options }).catch((error) => error)
    const [socket] = (await accepted) as [Socket]
    const closed = once(socket.on('error', () => {}).resume(), 'close')
    const stop = async () => {
      await client.stop()
      await closed
      await once(silent.close(), 'close')
    }
    return { answer, stop }
  }

  it('does not hold up who does not want to wait any more', async () => {
    const caller = new AbortController()
    const { answer, stop } = await asking({ signal: caller.signal })
    caller.abort(new Error('interrupted'))
    expect(await answer).toEqual(new Error('interrupted'))
    await stop()
  })

  it('does not hold up a request beyond its time', async () => {
    const { answer, stop } = await asking({ timeoutMs: 20 })
    expect(await answer).toEqual(new KubeRequestError('no answer within 20ms to GET /version'))
    await stop()
  })

  it('does not hold up a client that stops', async () => {
    const { answer, stop } = await asking({})
    await stop()
    expect(await answer).toEqual(new KubeRequestError('the client has been stopped'))
  })
})
