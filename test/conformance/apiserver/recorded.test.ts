import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiReply } from '../../support/api-client.ts'
import { recordedExchange, recordedExchanges } from '../../support/recorded-apiserver.ts'
import { until } from '../../support/until.ts'
import { DIFFERENCES, withoutPaths } from './differences.ts'
import { type Outcome, Replay } from './replay.ts'
import { type Server, serversUnderTest } from './servers.ts'

const EXCHANGES = recordedExchanges()

/** Answers come in the order of their ends: this watch saw what came before it in the recording. */
const BEGUN_BEFORE: Readonly<Record<string, string>> = {
  'watch selector sees leave as DELETED (setup)': 'watch selector: leaving object is DELETED',
}

/** What the server does by itself after an answer, which the recorder gave it the time for. */
const DONE_BY_ITSELF: Readonly<Record<string, (reply: ApiReply) => boolean>> = {
  'crd established': ({ text }) => text.includes('"InitialNamesAccepted"'),
  'crd gone': ({ status }) => status === 404,
}

describe.each(serversUnderTest())('what a kube-apiserver answered, and $name', ({ start }) => {
  const outcomes = new Map<string, Outcome | Error>()
  let server: Server | undefined

  beforeAll(async () => {
    server = await start()
    const replay = new Replay(server)
    const begun = new Map<string, () => Promise<Outcome>>()
    for (const exchange of EXCHANGES) {
      const isDone = DONE_BY_ITSELF[exchange.name]
      const { admin } = server
      if (isDone) await until(async () => isDone(await admin.get(exchange.request.path)), exchange.name)
      const early = BEGUN_BEFORE[exchange.name]
      if (early) begun.set(early, await replay.begin(recordedExchange(early)))
      const answer = begun.get(exchange.name) ?? (() => replay.send(exchange))
      outcomes.set(exchange.name, await answer().catch((error: Error) => error))
    }
  }, 120_000)
  afterAll(() => server?.close())

  for (const { name } of EXCHANGES) {
    it(`answers the same to: ${name}`, () => {
      const outcome = outcomes.get(name)
      if (outcome instanceof Error) throw outcome
      const named = DIFFERENCES.filter((each) => each.name === name)
      const shared = named.filter(({ isOnlyRecorded }) => !isOnlyRecorded).flatMap(({ paths }) => paths)
      const all = named.flatMap(({ paths }) => paths)
      expect(withoutPaths(outcome?.ours, shared)).toEqual(withoutPaths(outcome?.recorded, all))
    })
  }
})

it('has names for the differences that there are', () => {
  const names = new Set(EXCHANGES.map(({ name }) => name))
  expect(names.size).toBe(EXCHANGES.length)
  expect(DIFFERENCES.filter(({ name }) => !names.has(name))).toEqual([])
})
