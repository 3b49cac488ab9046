import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { median, print, printHeading, printRow, printTableHead } from '../tunnel/report.ts'
import { type ApiServer, givenServer, OwnServer } from './api-server.ts'
import { CLIENTS, CONFIG_MAPS, change, configMap, Load, NAMESPACE, pathOf } from './load.ts'
import { WatchLatency } from './watch-latency.ts'

/**
 * An API server under the load of 16 clients that write, read, change and delete ConfigMaps of 1 KiB over mutual TLS, while a
 * watch looks on; ours, and beside it any that is given by kubeconfig, which take their turns. Of ours also how soon it is ready
 * and what memory it takes.
 */
const { values: options } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '1' },
    count: { type: 'string', default: '3000' },
    watchers: { type: 'string', default: '1000' },
    stored: { type: 'string', default: '50000' },
  },
})
const count = Number(options.count)
const rounds = Number(options.rounds)
const warmUpRounds = Number(options['warm-up'])
const watchers = Number(options.watchers)
const stored = Number(options.stored)

const LISTS = 10
const EVENTS = 5
/** Until what a start leaves behind is collected. */
const SETTLE_MS = 5_000

type Figures = Record<string, number>

/** By the names of the figures; what a control plane should do, on two cores. */
const FLOORS: Record<string, string> = {
  'create, /s': '1,800',
  'get, /s': '3,900',
  'merge patch, /s': '1,920',
  'delete, /s': '2,240',
  'list of all, ms': '50',
  'watch while created and patched, p50, ms': '8',
  'an event to all watchers, ms': '250',
  'ready with nothing stored, ms': '1,000',
  'ready with all stored, ms': '2,000',
  'memory when idle, MiB': '120',
  'memory with all stored, MiB': '300',
}

async function round(server: ApiServer): Promise<Figures> {
  const load = new Load(server)
  const watch = await WatchLatency.open(server)
  try {
    const create = await load.rate(count, (request, index) => request('POST', CONFIG_MAPS, configMap(index)))
    const get = await load.rate(count, (request, index) => request('GET', pathOf(index)))
    const lists: number[] = []
    for (let each = 0; each < LISTS; each++) {
      const startedAt = performance.now()
      await load.one('GET', CONFIG_MAPS)
      lists.push(performance.now() - startedAt)
    }
    const patch = await load.rate(count, (request, index) => request('PATCH', pathOf(index), change()))
    const latency = { p50: watch.percentile(50), p99: watch.percentile(99) }
    const remove = await load.rate(count, (request, index) => request('DELETE', pathOf(index)))
    return {
      'create, /s': create,
      'get, /s': get,
      'merge patch, /s': patch,
      'delete, /s': remove,
      'list of all, ms': median(lists),
      'watch while created and patched, p50, ms': latency.p50,
      'watch while created and patched, p99, ms': latency.p99,
    }
  } finally {
    await watch.close()
    await load.close()
  }
}

/** ms until the last of many watchers, each with a connection of its own, knows of a change. */
async function fanOut(server: ApiServer): Promise<number> {
  const load = new Load(server, 1)
  await load.one('POST', CONFIG_MAPS, configMap(0))
  const watches: WatchLatency[] = []
  while (watches.length < watchers) {
    const more = Math.min(50, watchers - watches.length)
    watches.push(...(await Promise.all(Array.from({ length: more }, () => WatchLatency.open(server)))))
  }
  const slowest: number[] = []
  for (let event = 0; event < EVENTS; event++) {
    const all = Promise.all(watches.map((watch) => watch.next()))
    await load.one('PATCH', pathOf(0), change())
    slowest.push(Math.max(...(await all)))
  }
  await Promise.all(watches.map((watch) => watch.close()))
  await load.one('DELETE', pathOf(0))
  await load.close()
  return median(slowest)
}

async function prepare(server: ApiServer): Promise<void> {
  const load = new Load(server, 1)
  await load.one('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } })
  await load.close()
}

async function fill(server: ApiServer): Promise<void> {
  const load = new Load(server)
  await load.rate(stored, (request, index) => request('POST', CONFIG_MAPS, configMap(index)))
  await load.close()
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1)
}

const own = new OwnServer()
try {
  const figures = new Map<string, Figures>()
  const own1: Figures = { 'ready with nothing stored, ms': await own.start() }
  await pause(SETTLE_MS)
  own1['memory when idle, MiB'] = own.residentMiB()

  const servers = [await own.server(), ...(options.kubeconfig ? [await givenServer(options.kubeconfig)] : [])]
  const results = new Map<ApiServer, Figures[]>(servers.map((server) => [server, []]))
  for (const server of servers) await prepare(server)
  for (let number = -warmUpRounds; number < rounds; number++) {
    for (const server of servers) {
      const result = await round(server)
      if (number >= 0) results.get(server)?.push(result)
    }
  }
  for (const [server, list] of results) {
    const names = Object.keys(list[0] as Figures)
    const medians = names.map((name) => [name, median(list.map((each) => each[name] as number))])
    figures.set(server.name, Object.fromEntries(medians))
  }
  own1['memory after the load, MiB'] = own.residentMiB()
  for (const server of servers)
    Object.assign(figures.get(server.name) as Figures, {
      'an event to all watchers, ms': await fanOut(server),
    })

  await fill(servers[0] as ApiServer)
  own1['memory once all were stored, MiB'] = own.residentMiB()
  await own.stop()
  own1['ready with all stored, ms'] = await own.start()
  await pause(SETTLE_MS)
  own1['memory with all stored, MiB'] = own.residentMiB()
  Object.assign(figures.get('controlplane') as Figures, own1)

  printHeading(
    `${rounds} rounds after ${warmUpRounds} of warm-up, ${CLIENTS} clients, ${count} objects, ${watchers} watchers, ${stored} stored`,
  )
  const given = [...figures.keys()].slice(1)
  printTableHead(['', 'floor', ...figures.keys(), ...given.map((name) => `controlplane / ${name}`)], 1)
  const [ours, ...others] = [...figures.values()] as [Figures, ...Figures[]]
  for (const [name, value] of Object.entries(ours)) {
    const theirs = others.map((each) => each[name])
    printRow([
      name,
      FLOORS[name] ?? '',
      ...[value, ...theirs].map((each) => (each === undefined ? '' : format(each))),
      ...theirs.map((each) => (each === undefined ? '' : (value / each).toFixed(2))),
    ])
  }
  print('')
} finally {
  await own.dispose()
}
