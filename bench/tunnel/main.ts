import { spawnSync } from 'node:child_process'
import net from 'node:net'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Fleet, PORTS, type Tunnels } from './fleet.ts'
import { type Dial, dialRate, openIdle, pingPong, pingPongBesideBulk, throughput } from './measure.ts'
import { median, print, printHeading, printRow, printTableHead } from './report.ts'

/**
 * The tunnel beside a plain two-hop TLS relay and a direct connection, in one run: every figure is the median of several
 * rounds in which all of them take their turn, and what counts is the ratio to the relay, not the figure. The rounds before
 * are not counted: V8 takes some hundred megabytes to compile a path, and a proxy runs for months.
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '3' },
    megabytes: { type: 'string', default: '256' },
    idle: { type: 'string', default: '2000' },
    only: { type: 'string' },
    modes: { type: 'string', default: 'direct,relay,grpc,http-connect' },
  },
})
const rounds = Number(options.rounds)
const warmUpRounds = Number(options['warm-up'])
const bytes = Number(options.megabytes) * 1e6
const modes = options.modes.split(',')

interface Measurement {
  readonly key: string
  readonly title: string
  readonly unit: string
  readonly lowerIsBetter?: boolean
  readonly run: (dial: Dial) => Promise<number | { p50: number; p99: number }>
}

const measurements: Measurement[] = [
  {
    key: 'down1',
    title: 'download, 1 connection',
    unit: 'MB/s',
    run: (dial) => throughput(dial, 'down', 1, bytes),
  },
  {
    key: 'up1',
    title: 'upload, 1 connection',
    unit: 'MB/s',
    run: (dial) => throughput(dial, 'up', 1, bytes),
  },
  {
    key: 'down16',
    title: 'download, 16 connections',
    unit: 'MB/s',
    run: (dial) => throughput(dial, 'down', 16, bytes),
  },
  {
    key: 'up16',
    title: 'upload, 16 connections',
    unit: 'MB/s',
    run: (dial) => throughput(dial, 'up', 16, bytes),
  },
  {
    key: 'rtt',
    title: '1 KiB ping-pong, quiet',
    unit: 'ms',
    lowerIsBetter: true,
    run: (dial) => pingPong(dial, 3000),
  },
  {
    key: 'rttbulk',
    title: '1 KiB ping-pong beside a download',
    unit: 'ms',
    lowerIsBetter: true,
    run: (dial) => pingPongBesideBulk(dial, 500),
  },
  { key: 'serial', title: 'dials, one after the other', unit: '/s', run: (dial) => dialRate(dial, 1000, 1) },
  { key: 'parallel', title: 'dials, 100 at a time', unit: '/s', run: (dial) => dialRate(dial, 4000, 100) },
]

const fleet = new Fleet()
let tunnels: Tunnels | undefined

function createDials(): Record<string, Dial> {
  const { credentials } = fleet
  tunnels = fleet.createTunnels()
  const { grpc, 'http-connect': connect } = tunnels
  const target = `127.0.0.1:${PORTS.target}`
  const opened = (socket: net.Socket, event: string): Promise<net.Socket> =>
    new Promise((resolve, reject) => {
      socket.setNoDelay(true)
      socket.once(event, () => resolve(socket)).once('error', reject)
    })
  const session = { value: undefined as Buffer | undefined }
  return {
    direct: () => opened(net.connect(PORTS.target, '127.0.0.1'), 'connect'),
    relay: () => {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: PORTS.relayServer,
        servername: 'localhost',
        ...credentials,
        ...(session.value ? { session: session.value } : {}),
      })
      socket.once('session', (ticket) => {
        session.value = ticket
      })
      return opened(socket, 'secureConnect')
    },
    grpc: () => grpc.dial(target),
    'http-connect': () => connect.dial(target),
  }
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(3)
}

async function measureAll(dials: Record<string, Dial>): Promise<void> {
  const wanted = options.only?.split(',')
  const ratioColumns = modes.slice(2).map((mode) => `${mode} / relay`)
  printTableHead(['measurement', 'unit', ...modes, ...ratioColumns], 2)
  for (const { key, title, unit, run } of measurements) {
    if (wanted && !wanted.includes(key)) continue
    const samples: Record<string, { p50: number; p99: number }[]> = {}
    for (let round = -warmUpRounds; round < rounds; round++) {
      for (const mode of modes) {
        const result = await run(dials[mode] as Dial)
        if (round < 0) continue
        const list = samples[mode] ?? []
        samples[mode] = list
        list.push(typeof result === 'number' ? { p50: result, p99: Number.NaN } : result)
      }
    }
    for (const which of ['p50', 'p99'] as const) {
      const row = modes.map((mode) => median((samples[mode] ?? []).map((sample) => sample[which])))
      if (row.some(Number.isNaN)) continue
      const relay = row[modes.indexOf('relay')] as number
      const ratios = row.slice(2).map((value) => (value / relay).toFixed(2))
      const name = unit === 'ms' ? `${title}, ${which}` : title
      printRow([name, unit, ...row.map(format), ...ratios])
    }
  }
}

const MEASURED_PROCESSES: Record<string, readonly string[]> = {
  relay: ['client', 'relay server', 'relay agent'],
  grpc: ['client', 'server', 'agent'],
  'http-connect': ['client', 'server', 'agent'],
}

async function measureMemory(dials: Record<string, Dial>): Promise<void> {
  const count = Number(options.idle)
  print('')
  print(`Memory per idle connection at ${count} connections, in KiB of resident memory:`)
  print('')
  printTableHead(['mode', 'client', 'server', 'agent'], 1)
  for (const mode of modes.filter((name) => name !== 'direct')) {
    const processes = MEASURED_PROCESSES[mode] as readonly string[]
    const before = processes.map((name) => fleet.residentKiB(name))
    const sockets = await openIdle(dials[mode] as Dial, count)
    const after = processes.map((name) => fleet.residentKiB(name))
    const each = after.map((value, index) => ((value - (before[index] as number)) / count).toFixed(1))
    printRow([mode, ...each])
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve).destroy())),
    )
  }
}

// Memory in processes of its own: one that has moved gigabytes has free heap in which idle connections cost nothing, and one
// that has held thousands has a heap that is dear to mark while it moves gigabytes.
if (!options.only) {
  const self = fileURLToPath(import.meta.url)
  const args = [self, ...process.argv.slice(2), '--only', 'idle']
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  print('')
}
try {
  await fleet.start()
  const dials = createDials()
  printHeading(`${rounds} rounds after ${warmUpRounds} of warm-up, ${options.megabytes} MB a transfer`)
  if (options.only === 'idle') await measureMemory(dials)
  else await measureAll(dials)
} finally {
  await Promise.all(Object.values(tunnels ?? {}).map((tunnel) => tunnel.close()))
  await fleet.stop()
}
