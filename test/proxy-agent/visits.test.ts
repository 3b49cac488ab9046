import type { ClientHttp2Session } from 'node:http2'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import type { AgentStreamComponents } from '../../src/proxy-agent/agent-stream.ts'
import { ProxyAgentMetrics } from '../../src/proxy-agent/index.ts'
import { ReadBuffers } from '../../src/proxy-agent/read-buffers.ts'
import type { ServerAddress } from '../../src/proxy-agent/server-addresses.ts'
import type { ServerConnection } from '../../src/proxy-agent/server-connector.ts'
import { ServerCount } from '../../src/proxy-agent/server-count.ts'
import { ServerSet, type ServerSetOptions } from '../../src/proxy-agent/server-set.ts'
import type { ClientCall, MessageStreamHandler } from '../../src/transport/index.ts'
import { NO_EXTENSIONS } from '../../src/wire/index.ts'

/** A stream on which nothing is said. */
class FakeStream {
  #handler: MessageStreamHandler | undefined

  /** All that a link does with a session is to end it. */
  readonly session = { destroyed: false, destroy: () => this.reset() } as ClientHttp2Session

  start(handler: MessageStreamHandler): void {
    this.#handler = handler
  }

  end(): void {
    this.#handler?.onClose({ clean: true, resetCode: 0 })
  }

  reset(): void {
    this.#handler?.onClose({ clean: false, resetCode: 8 })
  }
}

/** Proxy servers behind addresses, without a network: when an agent visits them is a matter of timers alone. */
class FakeServers {
  /** When each visit was, by its address, in milliseconds of the test's clock. */
  readonly visits = new Map<string, number[]>()
  serverCount = 1
  readonly #chooseServer: (address: string, visit: number) => string | undefined
  readonly #streams = new Map<string, FakeStream>()

  /** `chooseServer` names the server that the next visit of an address meets; undefined refuses it. */
  constructor(chooseServer: (address: string, visit: number) => string | undefined) {
    this.#chooseServer = chooseServer
  }

  async connect({ key }: ServerAddress): Promise<ServerConnection> {
    const visits = this.visits.get(key) ?? []
    this.visits.set(key, [...visits, Date.now()])
    const serverId = this.#chooseServer(key, visits.length)
    if (serverId === undefined) throw new Error('nobody is there')
    const stream = new FakeStream()
    if (!this.#streams.has(serverId)) this.#streams.set(serverId, stream)
    return {
      session: stream.session,
      call: { messages: stream, failure: undefined } as unknown as ClientCall,
      serverId,
      serverCount: this.serverCount,
      extensions: NO_EXTENSIONS,
    }
  }

  /** Ends the stream that an agent has to the server. */
  lose(serverId: string): void {
    const stream = this.#streams.get(serverId)
    this.#streams.delete(serverId)
    stream?.reset()
  }

  visitsOf(address: string): number[] {
    return this.visits.get(address) ?? []
  }
}

const SECOND_MS = 1_000
const sets: ServerSet[] = []

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})

afterEach(async () => {
  await Promise.all(sets.splice(0).map((set) => set.close(AbortSignal.abort())))
  vi.useRealTimers()
})

/** An agent's set whose waits are the shortest that chance allows: half of what they may be. */
function startSet(
  servers: FakeServers,
  addresses: () => readonly string[],
  options: Partial<ServerSetOptions> = {},
): ServerSet {
  const metrics = new ProxyAgentMetrics()
  const set = new ServerSet(
    {
      connector: servers,
      addresses: {
        refresh: async () =>
          addresses().map((key) => ({ key, ip: key, endpoint: { host: key, port: 8091 } })),
      },
      serverCount: new ServerCount({}, 'default'),
      streams: { buffers: new ReadBuffers(), metrics, log: silentLogger } as unknown as AgentStreamComponents,
      metrics,
      log: silentLogger,
      random: () => 0,
    },
    {
      syncIntervalMs: SECOND_MS,
      syncIntervalCapMs: 10 * SECOND_MS,
      syncForever: false,
      probeMs: 30 * SECOND_MS,
      visitCapMs: 300 * SECOND_MS,
      stream: { windowBytes: 65_536, halfOpenTimeoutMs: 0 },
      ...options,
    },
  )
  sets.push(set)
  set.start()
  return set
}

const gapsOf = (times: readonly number[]) => times.slice(1).map((time, index) => time - (times[index] ?? 0))
/** Long after visits have become as seldom as they get. */
const LATER_MS = 1_200 * SECOND_MS

describe('the set of servers', () => {
  it('that is complete is visited ever more seldom', async () => {
    const servers = new FakeServers(() => 'only')
    startSet(servers, () => ['front'])
    await vi.advanceTimersByTimeAsync(600 * SECOND_MS)
    expect(gapsOf(servers.visitsOf('front'))).toEqual([30, 60, 120, 150, 150].map((s) => s * SECOND_MS))
  })

  it('is visited soon again when a server is lost, however seldom it was before', async () => {
    const servers = new FakeServers((_, visit) => (visit % 2 === 0 ? 'one' : 'other'))
    servers.serverCount = 2
    const set = startSet(servers, () => ['front'])
    await vi.advanceTimersByTimeAsync(LATER_MS)
    expect(set.connectedCount).toBe(2)
    servers.lose('other')
    await vi.advanceTimersByTimeAsync(0)
    expect(set.connectedCount).toBe(1)
    await vi.advanceTimersByTimeAsync(2 * SECOND_MS)
    expect(set.connectedCount).toBe(2)
  })

  it('is visited soon again when there are other addresses', async () => {
    const servers = new FakeServers(() => 'only')
    let addresses = ['front']
    startSet(servers, () => addresses)
    await vi.advanceTimersByTimeAsync(LATER_MS)
    const before = servers.visitsOf('front').length
    addresses = ['front', 'back']
    await vi.advanceTimersByTimeAsync(40 * SECOND_MS)
    expect(servers.visitsOf('front')).toHaveLength(before + 1)
    expect(gapsOf(servers.visitsOf('back'))).toEqual([30 * SECOND_MS])
  })

  it('retries failures within the cap while visits are seldom', async () => {
    const servers = new FakeServers((address) => (address === 'up' ? 'only' : undefined))
    startSet(servers, () => ['up', 'down'])
    await vi.advanceTimersByTimeAsync(LATER_MS)
    expect(gapsOf(servers.visitsOf('down')).at(-1)).toBe(5 * SECOND_MS)
    expect(gapsOf(servers.visitsOf('up')).at(-1)).toBe(150 * SECOND_MS)
  })

  it('meets the last server behind a load balancer that shows it late', async () => {
    const servers = new FakeServers((_, visit) => `server-${visit < 40 ? visit % 9 : 9}`)
    servers.serverCount = 10
    const set = startSet(servers, () => ['front'])
    // Some 30 visits in a row find nothing new. With doubled pauses they would take two and a half minutes.
    await vi.advanceTimersByTimeAsync(100 * SECOND_MS)
    expect(set.connectedCount).toBe(10)
  })
})
