import { once } from 'node:events'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import { dialTargets, type ScriptedAgent } from '../support/scripted-agent.ts'

const WINDOW = 256 * 1024
const MEGABYTES = Buffer.alloc(3_000_000, 'all that the target gets, it gives back. ')

let target: Server | undefined
const sockets = new Set<Socket>()

afterEach(() => {
  target?.close()
  for (const socket of sockets) socket.destroy()
})

async function listen(onConnection: (socket: Socket) => void): Promise<string> {
  target = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  return `127.0.0.1:${(target.address() as AddressInfo).port}`
}

const listenEcho = () => listen((socket) => socket.pipe(socket))

async function start(kind: string): Promise<{ fixture: ProxyServerFixture; agent: ScriptedAgent }> {
  const fixture = await ProxyServerFixture.start({ windowBytes: WINDOW })
  const agent = await fixture.connectAgent(kind === 'ours' ? { windowBytes: WINDOW, grants: false } : {})
  dialTargets(agent, kind === 'ours' ? WINDOW : undefined)
  return { fixture, agent }
}

describe.each(['Go', 'ours'])('through an agent that is %s and really dials', (kind) => {
  it('megabytes come back over gRPC as they were sent', async () => {
    const { fixture } = await start(kind)
    const stream = fixture.openStream({ extensions: true })
    const connectId = await stream.dial(await listenEcho())
    for (let sent = 0; sent < MEGABYTES.length; sent += 30_000)
      stream.sendData(connectId, MEGABYTES.subarray(sent, sent + 30_000))
    await eventually(() => stream.byteCount()).toBe(MEGABYTES.length)
    expect(stream.bytes().equals(MEGABYTES)).toBe(true)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ connectId, error: '' })
    await fixture.expectIdle()
  })

  it('megabytes come back over HTTP CONNECT as they were sent', async () => {
    const { fixture } = await start(kind)
    const client = await fixture.connectClient(await listenEcho(), 'early')
    await client.head()
    client.socket.write(MEGABYTES)
    const bytes = await client.bodyOf(MEGABYTES.length + 5)
    expect(bytes.subarray(0, 5).toString()).toBe('early')
    expect(bytes.subarray(5).equals(MEGABYTES)).toBe(true)
    client.socket.end()
    await client.ended
    await client.closed
    await fixture.expectIdle()
  })

  it('a target that speaks first is heard, and its end as well', async () => {
    const { fixture } = await start(kind)
    const address = await listen((socket) => socket.end('220 ready\r\n'))
    const stream = fixture.openStream()
    const client = await fixture.connectClient(address)
    await stream.dial(address)
    await stream.ended
    expect(stream.bytes().toString()).toBe('220 ready\r\n')
    expect(stream.types().at(-1)).toBe('CLOSE_RSP')
    await client.ended
    expect(client.body.toString()).toBe('220 ready\r\n')
    client.destroy()
    await fixture.expectIdle()
  })

  it('a target that is not there is told about', async () => {
    const { fixture } = await start(kind)
    const address = await listenEcho()
    target?.close()
    const stream = fixture.openStream()
    await expect(stream.dial(address)).rejects.toThrow(`dial tcp ${address}: connect: connection refused`)
    const client = await fixture.connectClient(address)
    expect(await client.head()).toMatch(/^HTTP\/1\.1 502 /)
  })
})

describe('through an agent of ours that really dials', () => {
  it('a request may end before its response begins', async () => {
    const { fixture } = await start('ours')
    const address = await listen((socket) => {
      let length = 0
      socket.on('data', (chunk) => {
        length += chunk.length
      })
      socket.on('end', () => socket.end(`${length} bytes`))
    })
    const client = await fixture.connectClient(address)
    await client.head()
    client.socket.end(MEGABYTES)
    await client.ended
    expect(client.body.toString()).toBe(`${MEGABYTES.length} bytes`)
    expect(await client.closed).toBeUndefined()
    await fixture.expectIdle()
  })

  it('the reset of a target is one for its client', async () => {
    const { fixture } = await start('ours')
    const address = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const client = await fixture.connectClient(address, 'x')
    await client.head()
    expect(await client.closed).toBe('ECONNRESET')
  })

  it('the reset of a client is one for its target', async () => {
    const { fixture } = await start('ours')
    const broken = Promise.withResolvers<string>()
    const address = await listen((socket) => {
      socket.on('error', (error: NodeJS.ErrnoException) => broken.resolve(error.code ?? ''))
      socket.resume()
    })
    const client = await fixture.connectClient(address)
    await client.head()
    client.reset()
    expect(await broken.promise).toBe('ECONNRESET')
  })
})
