import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
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

it('is given up by a client that stops while a server does not shake hands', async () => {
  const silent = createTcpServer()
  const accepted = once(silent, 'connection')
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const server = new URL(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`)
  const client = new KubeClient({ readAccess: async () => ({ server, tls: { rejectUnauthorized: true } }) })
  const answer = client.raw({ method: 'GET', path: '/version' }).catch((error) => error)
  const [socket] = (await accepted) as [Socket]
  socket.on('error', () => {})
  const closed = once(socket.resume(), 'close')
  await client.stop()
  await closed
  expect(await answer).toEqual(new KubeRequestError('the client has been stopped'))
  await once(silent.close(), 'close')
})
