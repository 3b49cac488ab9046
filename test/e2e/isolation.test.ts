import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tunnel, TunnelSocket } from '../../src/konnectivity-client/index.ts'
import { pingPong } from '../support/ping-pong.ts'
import { endProcesses } from '../support/processes.ts'
import { deaf, echoing, flooding, Target } from '../support/targets.ts'
import { createTestPki } from '../support/test-pki.ts'
import { type FrontendMode, type ServerProcess, startTunnel } from '../support/tunnel-processes.ts'
import { untilStill } from '../support/until.ts'

/** What a connection that stands still must not hold up, counted in rounds and not in seconds. */
const ROUNDS = 200
const DIALS = 20

describe('a connection that nobody reads', () => {
  let server: ServerProcess
  let echo: Target
  let flood: Target
  let sink: Target
  let tunnels: Readonly<Record<FrontendMode, Tunnel>>

  beforeAll(async () => {
    echo = await Target.start(echoing)
    flood = await Target.start(flooding)
    sink = await Target.start(deaf)
    const started = await startTunnel({ pki: await createTestPki() })
    server = started.server
    tunnels = { grpc: server.tunnel('grpc'), 'http-connect': server.tunnel('http-connect') }
  })

  afterAll(async () => {
    await Promise.all(Object.values(tunnels).map((tunnel) => tunnel.close()))
    await endProcesses()
    await Promise.all([echo, flood, sink].map((target) => target.stop()))
  })

  async function dial(tunnel: Tunnel, target: Target): Promise<TunnelSocket> {
    const socket = await tunnel.dial(target.address)
    socket.on('error', () => {})
    return socket
  }

  /** Connections that were there before, dials and closes; on the tunnel of the one that stands still, and on others. */
  async function useNeighbours(old: readonly Duplex[]): Promise<void> {
    const several = server.tunnel()
    const comeAndGo = async (tunnel: Tunnel) => {
      for (let count = 0; count < DIALS; count++) {
        const socket = await dial(tunnel, echo)
        await pingPong(socket, 1)
        socket.end()
        for await (const _ of socket) throw new Error('the echo says more than it was told')
      }
    }
    await Promise.all([
      ...old.map((socket) => pingPong(socket, ROUNDS)),
      ...[tunnels.grpc, tunnels['http-connect'], several].map(comeAndGo),
    ])
    await several.close()
  }

  it.each<FrontendMode>(['grpc', 'http-connect'])(
    'in a client (%s) holds up nobody, and goes on when it is read',
    async (mode) => {
      const neighbours = await Promise.all([dial(tunnels.grpc, echo), dial(tunnels['http-connect'], echo)])
      const stuck = await dial(tunnels[mode], flood)
      await untilStill(() => flood.bytesWritten)

      await useNeighbours(neighbours)
      expect(stuck.destroyed).toBe(false)
      const taken = flood.bytesWritten
      let received = 0
      for await (const chunk of stuck) {
        received += chunk.length
        if (received > taken + 1024 * 1024) break
      }
      expect(received).toBeGreaterThan(taken)
      for (const socket of neighbours) socket.destroy()
    },
  )

  it.each<FrontendMode>(['grpc', 'http-connect'])(
    'in a target, to a client (%s) that sends, holds up nobody, and goes on when it is read',
    async (mode) => {
      const neighbours = await Promise.all([dial(tunnels.grpc, echo), dial(tunnels['http-connect'], echo)])
      const stuck = await dial(tunnels[mode], sink)
      flooding(stuck)
      const sent = await untilStill(() => stuck.bytesWritten - stuck.writableLength)

      await useNeighbours(neighbours)
      expect(stuck.destroyed).toBe(false)
      const [target] = sink.sockets
      if (!target) throw new Error('the target has lost its connection')
      let received = 0
      for await (const chunk of target) {
        received += chunk.length
        if (received > sent + 1024 * 1024) break
      }
      expect(received).toBeGreaterThan(sent)
      stuck.destroy()
      for (const socket of neighbours) socket.destroy()
    },
  )
})
