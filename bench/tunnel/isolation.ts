import { parseArgs } from 'node:util'
import type { TunnelSocket } from '../../src/konnectivity-client/index.ts'
import { deaf, flooding, Target } from '../../test/support/targets.ts'
import { until, untilStill } from '../../test/support/until.ts'
import { Fleet, PORTS } from './fleet.ts'
import { pingPong } from './measure.ts'
import { median, printHeading, printRow, printTableHead } from './report.ts'

/**
 * What one reader that stands still costs its neighbours: the rate of a ping-pong without it and with it, in rounds of
 * which every one has both, so that other work on the machine disturbs them alike. What counts is the ratio, the median of
 * the rounds' ratios. In the first rows nobody stands still at all: how far they are from 1 is the noise of the run.
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    'warm-up': { type: 'string', default: '2' },
    'ping-pongs': { type: 'string', default: '300' },
    only: { type: 'string', default: '' },
  },
})
const rounds = Number(options.rounds)
const warmUpRounds = Number(options['warm-up'])
const pingPongs = Number(options['ping-pongs'])

const MODES = ['grpc', 'http-connect'] as const
type Mode = (typeof MODES)[number]

/** Makes a connection that nobody reads, and resolves once it is full, with what removes it. */
type MakeStuck = () => Promise<() => Promise<void>>

const fleet = new Fleet()
await fleet.start()
const flood = await Target.start(flooding)
const sink = await Target.start(deaf)
const tunnels = fleet.createTunnels()

const stuckReaders: readonly (readonly [title: string, make: MakeStuck])[] = [
  ['nobody', async () => async () => {}],
  ['client, grpc', unreadByClient('grpc')],
  ['client, http-connect', unreadByClient('http-connect')],
  ['target, upload by grpc', unreadByTarget('grpc')],
  ['target, upload by http-connect', unreadByTarget('http-connect')],
]

function unreadByClient(mode: Mode): MakeStuck {
  return async () => {
    const client = await tunnels[mode].dial(flood.address)
    await untilStill(() => flood.bytesWritten)
    return () => remove(client, flood)
  }
}

function unreadByTarget(mode: Mode): MakeStuck {
  return async () => {
    const client = await tunnels[mode].dial(sink.address)
    flooding(client)
    await untilStill(() => client.bytesWritten - client.writableLength)
    return () => remove(client, sink)
  }
}

async function remove(client: TunnelSocket, target: Target): Promise<void> {
  client.on('error', () => {}).destroy()
  for (const socket of target.sockets) socket.destroy()
  await until(() => target.sockets.size === 0, 'the target has lost its connection')
}

/** Ping-pongs a second of a neighbour in each mode. */
async function neighbourRates(): Promise<number[]> {
  const rates: number[] = []
  for (const mode of MODES) {
    const { perSecond } = await pingPong(() => tunnels[mode].dial(`127.0.0.1:${PORTS.target}`), pingPongs)
    rates.push(perSecond)
  }
  return rates
}

async function stuckRates(make: MakeStuck): Promise<number[]> {
  const remove = await make()
  const rates = await neighbourRates()
  await remove()
  return rates
}

async function measure(title: string, make: MakeStuck): Promise<void> {
  const quiet: number[][] = []
  const stuck: number[][] = []
  for (let round = -warmUpRounds; round < rounds; round++) {
    const measureQuiet = async () => void quiet.push(await neighbourRates())
    const measureStuck = async () => void stuck.push(await stuckRates(make))
    // Each goes first in turn, or what changes with time would count for one of them.
    for (const run of round % 2 ? [measureQuiet, measureStuck] : [measureStuck, measureQuiet]) await run()
  }
  for (const [index, mode] of MODES.entries()) {
    const counted = (rates: number[][]) => rates.slice(warmUpRounds).map((each) => each[index] as number)
    const [without, beside] = [counted(quiet), counted(stuck)]
    const ratio = median(beside.map((rate, round) => rate / (without[round] as number)))
    printRow([title, mode, median(without).toFixed(0), median(beside).toFixed(0), ratio.toFixed(2)])
  }
}

try {
  printHeading(`${rounds} rounds of ${pingPongs} after ${warmUpRounds} of warm-up`)
  printTableHead(['who does not read', 'neighbour', 'ping-pongs/s without', 'with', 'ratio'], 2)
  for (const [title, make] of stuckReaders) if (title.includes(options.only)) await measure(title, make)
} finally {
  await Promise.all(Object.values(tunnels).map((tunnel) => tunnel.close()))
  await Promise.all([flood, sink].map((target) => target.stop()))
  await fleet.stop()
}
