import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContainerLog, endOfLog, readLog } from '../../../src/local-cluster/containers/index.ts'
import { formatLogLine, parseLogLine } from '../../../src/local-cluster/containers/log-line.ts'
import { until } from '../../support/until.ts'
import { ContainersBench } from './containers-bench.ts'

let bench: ContainersBench
let now = Date.parse('2026-01-01T00:00:00Z')
const clock = { now: () => (now += 1000) }

beforeEach(async () => {
  bench = await ContainersBench.open()
  now = Date.parse('2026-01-01T00:00:00Z')
})

afterEach(() => bench.close())

const open = (rotateAtBytes?: number) =>
  ContainerLog.open(clock, { file: bench.logFile, ...(rotateAtBytes !== undefined && { rotateAtBytes }) })
const record = (log: ContainerLog, ...chunks: string[]) =>
  log.record('stdout', Readable.from(chunks.map((chunk) => Buffer.from(chunk))))

describe('the log of a container', () => {
  it('has a line for each line, with its time and stream', async () => {
    const log = await open()
    await record(log, 'one\ntw', 'o\n\nrest')
    await log.record('stderr', Readable.from([Buffer.from('bad\n')]))
    await log.close()
    expect(await bench.rawLog()).toBe(
      [
        '2026-01-01T00:00:01.000000000Z stdout F one',
        '2026-01-01T00:00:02.000000000Z stdout F two',
        '2026-01-01T00:00:03.000000000Z stdout F ',
        '2026-01-01T00:00:04.000000000Z stdout P rest',
        '2026-01-01T00:00:05.000000000Z stderr F bad',
        '',
      ].join('\n'),
    )
    expect(await bench.logs()).toBe('one\ntwo\n\nrestbad\n')
  })

  it('reads lines as they were, however they came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ maxLength: 40_000, unit: 'grapheme' })), async (chunks) => {
        const local = await ContainersBench.open()
        const log = await ContainerLog.open(clock, { file: local.logFile, rotateAtBytes: 1e9 })
        await record(log, ...chunks)
        expect(await local.logs()).toBe(chunks.join(''))
        await local.close()
      }),
      { numRuns: 30 },
    )
  })

  it('is parted where a line is too long, and read as one line', async () => {
    const log = await open()
    const long = 'x'.repeat(40_000)
    await record(log, `${long}\nshort\n`)
    const tags = (await bench.rawLog()).split('\n').map((line) => line.split(' ')[2])
    expect(tags).toEqual(['P', 'P', 'F', 'F', undefined])
    expect(await bench.logs()).toBe(`${long}\nshort\n`)
    expect(await bench.logs({ tailLines: 2 })).toBe(`${long}\nshort\n`)
  })

  it.each([
    [{ tailLines: 2 }, 'c\nd\n'],
    [{ tailLines: 0 }, ''],
    [{ limitBytes: 3 }, 'a\nb'],
    [{ sinceTime: '2026-01-01T00:00:03Z' }, 'c\nd\n'],
    [{ timestamps: true, tailLines: 1 }, '2026-01-01T00:00:04.000000000Z d\n'],
  ])('shows of it what %j asks for', async (selection, expected) => {
    await record(await open(), 'a\nb\nc\nd\n')
    expect(await bench.logs(selection)).toBe(expected)
  })

  it.each([
    [0, ''],
    [1, `d${'x'.repeat(40_000)}`],
    [2, `c\nd${'x'.repeat(40_000)}`],
  ])(
    'counts what ends without a newline as a line, of which the last %d are shown',
    async (tailLines, expected) => {
      await record(await open(), `a\nb\nc\nd${'x'.repeat(40_000)}`)
      expect(await bench.logs({ tailLines })).toBe(expected)
    },
  )

  it('begins anew when it is long, and keeps what was before', async () => {
    const log = await open(100)
    for (const letter of ['a', 'b', 'c', 'd', 'e']) await record(log, `${letter}\n`)
    expect(await bench.logs()).toBe('c\nd\ne\n') // two to a file
    expect(await bench.rawLog()).toMatch(/F e\n$/)
  })

  it('can be followed until it is closed, also from one file to the next', async () => {
    const log = await open(100)
    await record(log, 'a\n')
    const followed = bench.logs({ follow: true }, log)
    for (const letter of ['b', 'c', 'd']) {
      await record(log, `${letter}\n`)
      for (let turn = 0; turn < 50; turn += 1) await nextTurn() // so that it is read before the next
    }
    await log.close()
    expect(await followed).toMatch(/d\n$/)
  })

  it('can be followed by one who is some files behind', async () => {
    const log = await open(100)
    await record(log, 'a\n')
    const isAllowed = Promise.withResolvers<void>()
    const seen: string[] = []
    const following = (async () => {
      const { signal } = new AbortController()
      const selection = { follow: true, timestamps: false }
      for await (const piece of readLog({ file: bench.logFile, live: log }, selection, { now: 0, signal })) {
        seen.push(Buffer.from(piece).toString())
        await isAllowed.promise
      }
    })()
    await until(() => seen.length > 0, 'it has begun')
    for (const letter of ['b', 'c', 'd', 'e', 'f', 'g']) await record(log, `${letter}\n`) // two to a file
    isAllowed.resolve()
    await log.close()
    await following
    expect(seen.join('')).toBe('a\nb\nc\nd\ne\nf\ng\n')
  })

  it('keeps no more than five files', async () => {
    const log = await open(100)
    for (let line = 0; line < 20; line += 1) await record(log, `${line}\n`)
    await log.close()
    expect(await readdir(path.dirname(bench.logFile))).toHaveLength(5)
  })

  it('tells its end', async () => {
    await record(await open(), 'one\ntwo\nthree\n')
    expect(await endOfLog(bench.logFile, { lines: 2, bytes: 2048 })).toBe('two\nthree\n')
    expect(await endOfLog(bench.logFile, { lines: 80, bytes: 5 })).toBe('hree\n')
  })

  it.each(['', 'x', 'time stdout', 'time nowhere F text', 'time stdout X text'])('skips %j', (line) => {
    expect(parseLogLine(Buffer.from(line))).toBeUndefined()
  })

  it('has a format that is read back', () => {
    const line = { time: '2026-01-01T00:00:00.000000000Z', stream: 'stderr', isPartial: true } as const
    const text = Buffer.from(' two  words ')
    expect(parseLogLine(formatLogLine({ ...line, text }).subarray(0, -1))).toEqual({ ...line, text })
  })
})
