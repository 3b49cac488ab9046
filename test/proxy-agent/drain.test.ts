import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { endOf, Fixture } from './fixture.ts'

const fixture = new Fixture()
afterEach(() => fixture.stop())

const quick = { drainQuietMs: 5 }

describe('a draining agent', () => {
  it('without servers is done at once', async () => {
    const agent = await fixture.agent({ servers: [{ host: '127.0.0.1', port: 1 }] })
    await agent.stop()
    expect(agent.isReady()).toBe(false)
  })

  it('says so to all servers, and ends when nothing is left to do', async () => {
    const { stream, agent } = await fixture.tunnel({ agent: quick })
    const stopped = agent.stop()
    await stream.expect('DRAIN')
    await stopped
    await stream.closed
    expect(stream.countOf('DRAIN')).toBe(1)
  })

  it('still serves, and waits for its connections', async () => {
    const { stream, agent, open } = await fixture.tunnel({
      agent: quick,
      onConnection: (socket) => {
        socket.on('data', (chunk) => socket.write(chunk))
        socket.once('end', () => socket.end())
      },
    })
    const old = await open()
    let done = false
    const stopped = agent.stop().then(() => {
      done = true
    })
    await stream.expect('DRAIN')
    const young = await open()
    for (const { connectId } of [old, young]) {
      stream.sendData(connectId, 'ping')
      expect(String(await stream.bytes(connectId, 4))).toBe('ping')
    }
    stream.send({ type: 'CLOSE_REQ', connectId: old.connectId, error: '' })
    await stream.closeResponse(old.connectId)
    expect(done).toBe(false)
    stream.send({ type: 'CLOSE_REQ', connectId: young.connectId, error: '' })
    await stopped
  })

  it('waits for the last bytes of a target that is gone', async () => {
    const bytes = Buffer.alloc(100 * 1024, 'x')
    const { stream, agent, open, target } = await fixture.tunnel({
      server: { windowBytes: 64 * 1024, grants: false },
      agent: quick,
      onConnection: (socket) => socket.end(bytes),
    })
    const { connectId } = await open()
    stream.send({ type: 'HALF_CLOSE', connectId })
    await stream.bytes(connectId, 64 * 1024)
    await eventually(() => target.connectionCount).toBe(0)
    const stopped = agent.stop()
    await stream.expect('DRAIN')
    stream.send({ type: 'CREDIT', connectId, bytes: 64 * 1024 })
    expect((await stream.closeResponse(connectId)).error).toBe('')
    expect(stream.bytesOf(connectId).equals(bytes)).toBe(true)
    await stopped
  })

  it('does not pass off what it has to drop as the end', async () => {
    const { stream, agent, open } = await fixture.tunnel({
      server: { windowBytes: 64 * 1024, grants: false },
      agent: { ...quick, drainTimeoutMs: 20 },
      onConnection: (socket) => socket.end(Buffer.alloc(100 * 1024)),
    })
    const { connectId } = await open()
    stream.send({ type: 'HALF_CLOSE', connectId })
    await stream.bytes(connectId, 64 * 1024)
    await agent.stop()
    expect((await stream.closeResponse(connectId)).error).toBe('agent is stopping')
  })

  it('seeks no more servers', async () => {
    const { server, stream, agent, open } = await fixture.tunnel({ agent: { ...quick, syncForever: true } })
    await open()
    const stopped = agent.stop(AbortSignal.timeout(100))
    await stream.expect('DRAIN')
    const connections = await server.countConnections()
    await stopped
    expect(await server.countConnections()).toBe(connections)
  })

  it('breaks off at the deadline what is left, and refuses what comes too late', async () => {
    const { stream, agent, open, target } = await fixture.tunnel({ agent: { ...quick, drainTimeoutMs: 20 } })
    const { connectId, socket } = await open()
    const end = endOf(socket)
    const stopped = agent.stop()
    expect((await stream.closeResponse(connectId)).error).toBe('agent is stopping')
    expect(await end).toMatchObject({ code: 'ECONNRESET' })
    expect(await stream.dial(target.address)).toMatchObject({ error: 'agent is stopping', refused: true })
    await stopped
    expect(fixture.logs).toContainEqual(
      expect.objectContaining({
        message: 'connections broken off',
        fields: expect.objectContaining({ connections: 1 }),
      }),
    )
  })

  it('does not tell a server without extensions that another agent may be asked', async () => {
    const { stream, agent, open, target } = await fixture.tunnel({
      server: { windowBytes: undefined },
      agent: { ...quick, drainTimeoutMs: 20 },
    })
    const { connectId } = await open()
    const stopped = agent.stop()
    await stream.closeResponse(connectId)
    const response = await stream.dial(target.address)
    expect(response.error).toBe('agent is stopping')
    expect(response.refused).toBeUndefined()
    await stopped
  })

  it('stops at once when told so', async () => {
    const { stream, agent, open } = await fixture.tunnel()
    const { socket } = await open()
    const end = endOf(socket)
    const now = new AbortController()
    const stopped = agent.stop(now.signal)
    await stream.expect('DRAIN')
    now.abort()
    await stopped
    expect(await end).toMatchObject({ code: 'ECONNRESET' })
  })
})
