import { fork } from 'node:child_process'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median, print, printHeading, printRow, printTableHead } from '../tunnel/report.ts'
import { Administrator } from './admission.ts'
import type { FleetOrder } from './fleet-process.ts'
import { Hub } from './hub.ts'
import { type Cost, costOf } from './hub-process.ts'
import { difference, requestCounts } from './request-counts.ts'
import { measureWorks } from './work-latency.ts'

/** What many clusters cost a hub: while they join, in rest, and while works go to them; and how long joins and works take. */
const { values: options } = parseArgs({
  options: {
    clusters: { type: 'string', default: process.env.CORE_CLUSTERS ?? '500' },
    'rest-seconds': { type: 'string', default: '60' },
    works: { type: 'string', default: '300' },
    'warm-up-works': { type: 'string', default: '50' },
    'works-per-second': { type: 'string', default: '10' },
    joins: { type: 'string', default: '5' },
    'profile-directory': { type: 'string' },
  },
})
const count = Number(options.clusters)
const restSeconds = Number(options['rest-seconds'])
const works = Number(options.works)
const warmUpWorks = Number(options['warm-up-works'])

/** Until what a phase leaves behind has happened: queues, and requests that are tried again. */
const SETTLE_MS = 20_000

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const names = Array.from({ length: count }, (_, index) => `cluster-${String(index).padStart(4, '0')}`)
const profileDirectory = options['profile-directory']
const hub = new Hub(profileDirectory === undefined ? {} : { profileDirectory })
const fleet = fork(fileURLToPath(new URL('fleet-process.ts', import.meta.url)), {
  env: { NODE_COMPILE_CACHE: path.join(ROOT, 'node_modules/.cache/node'), ...process.env },
  execArgv: [
    '--max-semi-space-size=8',
    ...(profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}/agents`]),
  ],
})
const seconds = (ms: number) => (ms / 1_000).toFixed(2)

function join(clusters: readonly string[]): void {
  const { bootstrapKubeconfig, server: hubServer } = hub
  fleet.send({ clusters, bootstrapKubeconfig, hubServer } satisfies FleetOrder)
}

/** The hub's, and those that measure it: where these have no core to themselves, their work is in all times. */
function costs(): ReadonlyMap<string, Cost> {
  const measuring: [string, Cost][] = [
    ['(all agents)', costOf(fleet.pid as number)],
    ['(measurement)', costOf(process.pid)],
  ]
  return new Map([...hub.processes.map((each): [string, Cost] => [each.name, each.cost()]), ...measuring])
}

/** From the administrator's word to Available, one after the other. */
async function measureSingleJoins(administrator: Administrator): Promise<readonly number[]> {
  const tookMs: number[] = []
  for (let index = 0; index < Number(options.joins); index++) {
    const name = `single-${index}`
    administrator.holdBack(name)
    join([name])
    await administrator.untilAsked(name)
    await pause(1_000)
    const startedAt = performance.now()
    administrator.accept(name)
    await administrator.untilAvailable([name])
    tookMs.push((administrator.availableAt.get(name) as number) - startedAt)
  }
  return tookMs.sort((one, other) => one - other)
}

/** Of sorted values. */
function percentile(values: readonly number[], percent: number): number {
  return values[Math.min(values.length - 1, Math.floor((values.length * percent) / 100))] as number
}

try {
  await hub.start()
  const administrator = new Administrator(hub.client)
  administrator.start()
  await pause(3_000)
  const atStart = costs()

  const beforeJoins = await requestCounts(hub.client)
  const startedAt = performance.now()
  join(names)
  await administrator.untilAvailable(names)
  const joinedMs = performance.now() - startedAt
  const joined = costs()
  const joinRequests = difference(beforeJoins, await requestCounts(hub.client))

  const singleJoins = await measureSingleJoins(administrator)
  await pause(SETTLE_MS)

  const before = await requestCounts(hub.client)
  const restBegun = costs()
  await pause(restSeconds * 1_000)
  const restEnded = costs()
  const requests = difference(before, await requestCounts(hub.client))

  const perSecond = Number(options['works-per-second'])
  await measureWorks(hub.client, { prefix: 'warm-up', clusters: names, count: warmUpWorks, perSecond })
  const beforeWorks = await requestCounts(hub.client)
  const worksBegun = costs()
  const applied = await measureWorks(hub.client, {
    prefix: 'work',
    clusters: names.toReversed(),
    count: works,
    perSecond,
  })
  const worksEnded = costs()
  const workRequests = difference(beforeWorks, await requestCounts(hub.client))

  printHeading(`${count} clusters, works after ${warmUpWorks} of warm-up`)
  printTableHead(['', 'floor', ''], 1)
  printRow([`${count} clusters available, s`, '', seconds(joinedMs)])
  printRow(['one join, from accept to available, p50, s', '5', seconds(median(singleJoins))])
  printRow(['one join, from accept to available, worst, s', '5', seconds(percentile(singleJoins, 100))])
  printRow(['a work, from created to Applied, p50, ms', '300', percentile(applied, 50).toFixed(0)])
  printRow(['a work, from created to Applied, p99, ms', '1,000', percentile(applied, 99).toFixed(0)])
  const perMinute = (requests.reduce((sum, [, each]) => sum + each, 0) * 60) / restSeconds
  printRow(['requests in rest, /s', '', (perMinute / 60).toFixed(2)])
  printRow([
    'requests in rest, a minute and cluster',
    '1',
    (perMinute / (count + singleJoins.length)).toFixed(2),
  ])
  print('')
  printTableHead(
    [
      'process',
      'start: CPU s',
      'joins: CPU s',
      'ms/cluster',
      'rest: CPU %',
      'a work: CPU ms',
      'MiB before',
      'MiB in rest',
      'KiB/cluster',
    ],
    1,
  )
  for (const name of atStart.keys()) {
    const cost = (at: ReadonlyMap<string, Cost>) => at.get(name) as Cost
    const cpu = (from: ReadonlyMap<string, Cost>, to: ReadonlyMap<string, Cost>) =>
      cost(to).cpuSeconds - cost(from).cpuSeconds
    const [empty, full] = [cost(atStart).residentMiB, cost(restEnded).residentMiB]
    printRow([
      name,
      cost(atStart).cpuSeconds.toFixed(2),
      cpu(atStart, joined).toFixed(2),
      ((cpu(atStart, joined) * 1_000) / count).toFixed(1),
      ((cpu(restBegun, restEnded) * 100) / restSeconds).toFixed(1),
      ((cpu(worksBegun, worksEnded) * 1_000) / works).toFixed(2),
      empty.toFixed(0),
      full.toFixed(0),
      (((full - empty) * 1_024) / count).toFixed(0),
    ])
  }
  print('')
  print(`Requests in rest, in ${restSeconds} s, and while clusters joined:`)
  print('')
  printTableHead(['', 'requests', 'a minute and cluster'], 1)
  for (const [what, each] of requests)
    printRow([what, String(each), ((each * 60) / restSeconds / (count + singleJoins.length)).toFixed(3)])
  print('')
  printTableHead(['', 'requests', 'a join'], 1)
  for (const [what, each] of joinRequests) printRow([what, String(each), (each / count).toFixed(2)])
  print('')
  print('Requests while works were applied:')
  print('')
  printTableHead(['', 'requests', 'a work'], 1)
  for (const [what, each] of workRequests) printRow([what, String(each), (each / works).toFixed(2)])
  print('')
  await administrator.stop()
} finally {
  fleet.disconnect()
  await hub.stop()
}
