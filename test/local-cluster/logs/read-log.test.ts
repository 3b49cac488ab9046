import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContainerLog } from '../../../src/local-cluster/containers/index.ts'
import { formatLogLine, type LogLine, logTime } from '../../../src/local-cluster/containers/log-line.ts'
import { endOfLog, type LogSelection, readLog } from '../../../src/local-cluster/logs/index.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const ALL: LogSelection = { follow: false, timestamps: false }

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'read-log-'))
  file = path.join(folder, '0.log')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const lineAt = (second: number, text: string, rest: Partial<LogLine> = {}): LogLine => ({
  time: logTime(START + second * 1000),
  stream: 'stdout',
  isPartial: false,
  text: Buffer.from(text),
  ...rest,
})
const bytesOf = (lines: readonly LogLine[]) => Buffer.concat(lines.map(formatLogLine))
const write = (lines: readonly LogLine[], older: readonly LogLine[] = []) =>
  Promise.all([writeFile(file, bytesOf(lines)), writeFile(`${file}.1`, bytesOf(older))])

async function read(selection: Partial<LogSelection> = {}, now = START): Promise<string> {
  const pieces: Uint8Array[] = []
  const { signal } = new AbortController()
  for await (const piece of readLog({ file }, { ...ALL, ...selection }, { now, signal })) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

describe('a log', () => {
  it('is nothing where there is none', async () => {
    expect(await read()).toBe('')
    expect(await read({ tailLines: 5 })).toBe('')
  })

  it('begins with its older part', async () => {
    await write([lineAt(1, 'new')], [lineAt(0, 'old')])
    expect(await read()).toBe('old\nnew\n')
  })

  it('makes one line of the parts of a long one, with the time of the first', async () => {
    await write([
      lineAt(0, 'a', { isPartial: true }),
      lineAt(1, 'b', { isPartial: true }),
      lineAt(2, 'c'),
      lineAt(3, 'd'),
    ])
    expect(await read({ timestamps: true })).toBe(
      '2026-01-01T00:00:00.000000000Z abc\n2026-01-01T00:00:03.000000000Z d\n',
    )
    expect(await read({ tailLines: 2 })).toBe('abc\nd\n')
  })

  it('leaves out what is no line of a log, however long', async () => {
    const garbage = Buffer.concat([Buffer.alloc(300_000, 'x'), Buffer.from('\nfoo\n')])
    const good = bytesOf([lineAt(0, 'good')])
    await writeFile(file, Buffer.concat([good, garbage, good, garbage]))
    expect(await read()).toBe('good\ngood\n')
    expect(await read({ tailLines: 1 })).toBe('good\n')
  })

  it('leaves out a line that is not complete yet', async () => {
    await writeFile(
      file,
      Buffer.concat([bytesOf([lineAt(0, 'a')]), Buffer.from('2026-01-01T00:00:01Z stdout F b')]),
    )
    expect(await read()).toBe('a\n')
    expect(await read({ tailLines: 1 })).toBe('a\n')
  })

  it.each<[Partial<LogSelection>, string]>([
    [{ tailLines: 0 }, ''],
    [{ tailLines: 1 }, 'd\n'],
    [{ tailLines: 3 }, 'b\nc\nd\n'],
    [{ tailLines: 9 }, 'a\nb\nc\nd\n'],
    [{ sinceSeconds: 2 }, 'c\nd\n'],
    [{ sinceTime: '2026-01-01T00:00:01Z' }, 'b\nc\nd\n'],
    [{ sinceTime: '2026-01-01T01:00:03+01:00' }, 'd\n'],
    [{ tailLines: 3, sinceSeconds: 2 }, 'c\nd\n'],
    [{ limitBytes: 3 }, 'a\nb'],
    [{ limitBytes: 3, tailLines: 2 }, 'c\nd'],
    [{ stream: 'stderr' }, 'c\n'],
    [{ stream: 'stdout' }, 'a\nb\nd\n'],
  ])('is read in part: %j', async (selection, expected) => {
    await write([lineAt(2, 'c', { stream: 'stderr' }), lineAt(3, 'd')], [lineAt(0, 'a'), lineAt(1, 'b')])
    expect(await read(selection, START + 4000)).toBe(expected)
  })

  it('has the end that it has, wherever its blocks and its rotation are', async () => {
    const text = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.integer({ max: 16_000, min: 0 }).map((length) => 'x'.repeat(length)),
    )
    const texts = fc.array(
      text.map((each) => each.replaceAll('\n', ' ')),
      { maxLength: 30 },
    )
    await fc.assert(
      fc.asyncProperty(texts, texts, fc.integer({ min: 0, max: 65 }), async (older, newer, tailLines) => {
        const lines = (all: readonly string[]) => all.map((each, index) => lineAt(index, each))
        await write(lines(newer), lines(older))
        const expected = tailLines === 0 ? [] : [...older, ...newer].slice(-tailLines)
        expect(await read({ tailLines })).toBe(expected.map((each) => `${each}\n`).join(''))
      }),
    )
  })

  it('tells its end', async () => {
    await write([lineAt(0, 'one'), lineAt(1, 'two')])
    expect(await endOfLog(file, { lines: 1, bytes: 100 })).toBe('two\n')
    expect(await endOfLog(file, { lines: 9, bytes: 6 })).toBe('e\ntwo\n')
  })

  it('is read a block at a time', async () => {
    await write(Array.from({ length: 20_000 }, (_, index) => lineAt(index, 'a line of some length')))
    let largest = 0
    const { signal } = new AbortController()
    for await (const piece of readLog({ file }, ALL, { now: START, signal }))
      largest = Math.max(largest, piece.length)
    expect(largest).toBeLessThanOrEqual(64 * 1024)
  })
})

describe('a log that is followed', () => {
  const clock = { now: () => START }

  it('goes on through rotations, and ends with its container', async () => {
    const log = await ContainerLog.open(clock, { file, rotateAtBytes: 200 })
    const output = new PassThrough()
    const recorded = log.record('stdout', output)
    const { signal } = new AbortController()
    const seen = readLog({ file, live: log }, { ...ALL, follow: true }, { now: START, signal })
    for (let count = 0; count < 30; count++) {
      output.write(`line ${count}\n`)
      expect(String(Buffer.from((await seen.next()).value as Uint8Array))).toBe(`line ${count}\n`)
    }
    output.end()
    await recorded
    await log.close()
    expect(await seen.next()).toEqual({ done: true, value: undefined })
  })

  it('ends when nobody reads it any more', async () => {
    const log = await ContainerLog.open(clock, { file })
    const gone = new AbortController()
    const seen = readLog({ file, live: log }, { ...ALL, follow: true }, { now: START, signal: gone.signal })
    const next = seen.next()
    gone.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    expect([log.listenerCount('written'), log.listenerCount('closed')]).toEqual([0, 0])
    await log.close()
  })

  it('begins with its end, where that is wanted', async () => {
    const log = await ContainerLog.open(clock, { file })
    const output = new PassThrough()
    const recorded = log.record('stdout', output)
    output.write('a\nb\n')
    output.end('c\n')
    await recorded
    const { signal } = new AbortController()
    const seen = readLog({ file, live: log }, { ...ALL, follow: true, tailLines: 2 }, { now: START, signal })
    expect(String(Buffer.from((await seen.next()).value as Uint8Array))).toBe('b\nc\n')
    await log.close()
    expect((await seen.next()).done).toBe(true)
  })
})
