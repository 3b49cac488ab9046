import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttpConnectTunnel, createTunnel, type Tunnel } from '../../src/konnectivity-client/index.ts'
import { expectDialError, record, testCredentials } from '../konnectivity-client/fixture.ts'
import { eventually, eventuallyDone } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import { dialTargets, type ScriptedAgent } from '../support/scripted-agent.ts'
import { echoing, Target } from '../support/targets.ts'

const WINDOW_BYTES = 512 * 1024

describe.each([
  ['gRPC, with an agent like Go’s', createTunnel, undefined],
  ['gRPC, with an agent with extensions', createTunnel, WINDOW_BYTES],
  ['HTTP CONNECT, with an agent like Go’s', createHttpConnectTunnel, undefined],
  ['HTTP CONNECT, with an agent with extensions', createHttpConnectTunnel, WINDOW_BYTES],
])('the SDK and the proxy server, over %s,', (_name, create, windowBytes) => {
  let fixture: ProxyServerFixture
  let agent: ScriptedAgent
  let tunnel: Tunnel
  let echo: Target

  beforeEach(async () => {
    fixture = await ProxyServerFixture.start()
    agent = await fixture.connectAgent(windowBytes === undefined ? {} : { windowBytes, grants: false })
    dialTargets(agent, windowBytes)
    tunnel = create({
      address: `127.0.0.1:${fixture.server.frontendPort}`,
      credentials: await testCredentials(),
    })
    echo = await Target.start(echoing)
  })
  afterEach(async () => {
    await tunnel.close()
    await echo.stop()
    await fixture.stop()
  })

  it('carry bytes both ways', async () => {
    const socket = await tunnel.dial(echo.address)
    const seen = record(socket)
    const bytes = randomBytes(3 * 1024 * 1024)
    socket.write(bytes)
    await eventually(() => seen.bytes.length).toBe(bytes.length)
    expect(seen.bytes.equals(bytes)).toBe(true)
    socket.end()
    await seen.closed
    expect(seen.error).toBe(undefined)
    await eventually(() => echo.sockets.size).toBe(0)
    await fixture.expectIdle()
  })

  it('carry many connections at once', async () => {
    const texts = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const socket = await tunnel.dial(echo.address)
        const seen = record(socket)
        socket.write(`${index}`)
        await eventually(() => seen.text).toBe(`${index}`)
        socket.destroy()
        return seen.text
      }),
    )
    expect(texts).toHaveLength(100)
    await fixture.expectIdle()
  })

  it('tell why a dial failed', async () => {
    await expectDialError(tunnel.dial('127.0.0.1:1'), 'endpoint', /connection refused$/)
    agent.disconnect()
    await eventuallyDone(() => expectDialError(tunnel.dial(echo.address), 'endpoint', /No agent available$/))
  })

  it('break a connection off when the agent is lost', async () => {
    const socket = await tunnel.dial(echo.address)
    const seen = record(socket)
    socket.write('x')
    await eventually(() => seen.text).toBe('x')
    agent.disconnect()
    await seen.closed
    expect(seen.error).toMatchObject({ code: 'ECONNRESET' })
  })

  it('tell the target of a connection that was destroyed', async () => {
    const socket = await tunnel.dial(echo.address)
    const seen = record(socket)
    socket.write('x')
    await eventually(() => seen.text).toBe('x')
    socket.destroy()
    await eventually(() => echo.sockets.size).toBe(0)
    await fixture.expectIdle()
  })

  if (windowBytes !== undefined) {
    it('close half of a connection, and read the rest', async () => {
      const socket = await tunnel.dial(echo.address)
      const seen = record(socket)
      const bytes = randomBytes(3 * 1024 * 1024)
      socket.end(bytes) // the echo ends only after all of it
      await seen.closed
      expect(seen.bytes.equals(bytes)).toBe(true)
      expect(seen.error).toBe(undefined)
      await fixture.expectIdle()
    })

    it('tell a reset by the target from an end', async () => {
      const socket = await tunnel.dial(echo.address)
      const seen = record(socket)
      socket.write('x')
      await eventually(() => seen.text).toBe('x')
      for (const target of echo.sockets) target.resetAndDestroy()
      await seen.closed
      expect(seen.error).toMatchObject({ code: 'ECONNRESET' })
    })

    it('tell the target of a reset', async () => {
      const socket = await tunnel.dial(echo.address)
      socket.write('x')
      await eventually(() => socket.bytesRead).toBe(1)
      const [target] = echo.sockets
      const end = new Promise((resolve) => target?.once('error', resolve).once('close', resolve))
      socket.resetAndDestroy()
      expect(await end).toMatchObject({ code: 'ECONNRESET' })
    })
  }
})
