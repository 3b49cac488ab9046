import { queryObjects } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { Connection } from '../../src/proxy-server/connection.ts'
import { GrpcFrontend } from '../../src/proxy-server/grpc-frontend.ts'
import { ServerCall } from '../../src/transport/index.ts'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import type { ScriptedFrontend, ScriptedStream } from '../support/scripted-frontend.ts'

const STREAMS = 20_000
/** How many dials are under way at once. */
const PARALLEL = 200

/** Dials and resets, as Go's reusable tunnel ends every dial. */
async function dialAndReset(frontend: ScriptedFrontend): Promise<void> {
  const stream = frontend.open()
  await stream.dial()
  await stream.reset()
}

async function inParallel(total: number, work: () => Promise<unknown>): Promise<void> {
  let left = total
  const worker = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
}

/** What the garbage collector cannot free. The one call is the agent's. */
function leftInMemory(): Record<string, number> {
  return {
    connections: queryObjects(Connection, { format: 'count' }),
    frontends: queryObjects(GrpcFrontend, { format: 'count' }),
    calls: queryObjects(ServerCall, { format: 'count' }),
  }
}

describe('one session of a frontend', () => {
  it('may dial and reset 20,000 times: no GOAWAY, nothing left behind, a neighbour alive', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: 512 * 1024 })
    agent.acceptAll()
    const frontend = fixture.connectFrontend()
    const neighbour = frontend.open()
    const connectId = await neighbour.dial()

    await inParallel(STREAMS, () => dialAndReset(frontend))

    expect(frontend.goneAway).toBe(false)
    agent.sendData(connectId, 'alive')
    await neighbour.next('DATA')
    // The neighbour, and what was reset last: a dial is answered when the server has seen the reset before it.
    expect(fixture.server.busy).toBeLessThanOrEqual(PARALLEL + 1)
    await neighbour.reset()
    await fixture.expectIdle()
    await eventually(() => leftInMemory()).toEqual({ connections: 0, frontends: 0, calls: 1 })
  }, 60_000)

  it('may have 20,000 connections open that say nothing', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: 512 * 1024 })
    agent.acceptAll()
    const frontend = fixture.connectFrontend()
    const streams: ScriptedStream[] = []

    await inParallel(STREAMS, async () => {
      const stream = frontend.open()
      streams.push(stream)
      await stream.dial()
    })

    expect(fixture.server.busy).toBe(STREAMS)
    expect(await fixture.metric('established_connections')).toBe(STREAMS)
    const last = streams.at(-1) as ScriptedStream
    agent.sendData(STREAMS, 'alive')
    await Promise.any(streams.slice(-PARALLEL).map((stream) => stream.next('DATA')))
    expect(last.session.destroyed).toBe(false)
    frontend.close()
    await fixture.expectIdle()
  }, 60_000)
})
