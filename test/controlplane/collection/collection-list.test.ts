import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import {
  type Collection,
  listCollection,
  type Page,
  parseListOptions,
  parseWatchOptions,
  type Selection,
} from '../../../src/controlplane/collection/index.ts'
import { ConfigMaps, EVERYWHERE, IN_REC, labelled } from './fixture.ts'

let maps: ConfigMaps

beforeEach(async () => {
  maps = await ConfigMaps.open()
})
afterEach(async () => {
  vi.useRealTimers()
  await maps.store.close()
})

function list(query: string, selection?: Selection, collection: Collection = IN_REC): Promise<Page> {
  return listCollection(maps.store, collection, parseListOptions(new URLSearchParams(query)), selection)
}

const names = ({ items }: Page) => items.map(({ key }) => key.split('/').at(-1))

describe('a list', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c', 'd']) await maps.put(name, name < 'c' ? 'first' : 'second')
    await maps.put('e', 'first', 'zone')
  })

  it('has all there is, and the revision of that', async () => {
    expect(await list('')).toMatchObject({ revision: 5, continueToken: undefined, remaining: undefined })
    expect(names(await list(''))).toEqual(['a', 'b', 'c', 'd'])
    expect(names(await list('', undefined, EVERYWHERE))).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(names(await list('', labelled('second')))).toEqual(['c', 'd'])
  })

  it('comes in pages, all of one revision', async () => {
    const first = await list('limit=2')
    expect([names(first), first.remaining]).toEqual([['a', 'b'], 2])
    await maps.put('bb')
    await maps.remove('c')
    const second = await list(`limit=2&continue=${first.continueToken}`)
    expect(names(second)).toEqual(['c', 'd'])
    expect(second).toMatchObject({ revision: first.revision, continueToken: undefined, remaining: undefined })
  })

  it('comes in pages of what is selected, without counting the rest', async () => {
    const first = await list('limit=1', labelled('first'), EVERYWHERE)
    expect([names(first), first.remaining]).toEqual([['a'], undefined])
    const second = await list(`limit=1&continue=${first.continueToken}`, labelled('first'), EVERYWHERE)
    const third = await list(`limit=1&continue=${second.continueToken}`, labelled('first'), EVERYWHERE)
    expect([names(second), names(third), third.continueToken]).toEqual([['b'], ['e'], undefined])
  })

  it('goes on by a token like the original’s', async () => {
    const { continueToken } = await list('limit=2')
    expect(Buffer.from(String(continueToken), 'base64url').toString()).toBe(
      '{"v":"meta.k8s.io/v1","rv":5,"start":"/b\\u0000"}',
    )
  })

  it('that was cut short too long ago can be had as things are now', async () => {
    const { continueToken } = await list('limit=2')
    await maps.put('z')
    await maps.forget()
    const refusal = await list(`limit=2&continue=${continueToken}`).catch((error) => error)
    expect(refusal).toMatchObject({ reason: 'Expired', httpStatus: 410 })
    const { metadata } = refusal.toStatus()
    const rest = await list(`continue=${metadata.continue}`)
    expect(names(rest)).toEqual(['c', 'd', 'z'])
  })

  it('is of the very revision that is asked for, or of a newer one', async () => {
    await maps.put('f')
    expect(names(await list('resourceVersion=2&resourceVersionMatch=Exact'))).toEqual(['a', 'b'])
    expect(names(await list('resourceVersion=2&limit=5'))).toEqual(['a', 'b'])
    expect(names(await list('resourceVersion=2'))).toHaveLength(5)
    expect(names(await list('resourceVersion=2&resourceVersionMatch=NotOlderThan'))).toHaveLength(5)
    expect(names(await list('resourceVersion=0&limit=1'))).toHaveLength(5)
    await maps.forget()
    await expect(list('resourceVersion=2&resourceVersionMatch=Exact')).rejects.toMatchObject({
      reason: 'Expired',
      message: 'The resourceVersion for the provided list is too old.',
    })
  })

  it('waits for a revision that is on its way, and not for ever', async () => {
    const waiting = list('resourceVersion=6')
    await maps.put('f')
    expect(names(await waiting)).toContain('f')

    vi.useFakeTimers()
    const refused = list('resourceVersion=999999999').catch((error) => error)
    await vi.advanceTimersByTimeAsync(3_000)
    expect((await refused).toStatus()).toMatchObject({
      message: 'Timeout: Too large resource version: 999999999, current: 6',
      reason: 'Timeout',
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
      code: 504,
    })
  })
})

const token = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const A_TOKEN = token({ v: 'meta.k8s.io/v1', rv: 1, start: '/a\u0000' })

describe('what cannot be asked of a list', () => {
  it.each([
    ['resourceVersionMatch=Exact', 422, ['is forbidden unless resourceVersion is provided']],
    [
      'resourceVersionMatch=Any&resourceVersion=1',
      422,
      ['Unsupported value: "Any": supported values: "Exact", "NotOlderThan", ""'],
    ],
    ['resourceVersionMatch=Exact&resourceVersion=0', 422, ['"exact" is forbidden for resourceVersion "0"']],
    [
      'resourceVersionMatch=Any&continue=x&sendInitialEvents=true',
      422,
      [
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
        'resourceVersionMatch is forbidden when continue is provided',
        'Unsupported value: "Any"',
        'sendInitialEvents is forbidden for list',
      ],
    ],
    [`resourceVersion=x&continue=${A_TOKEN}`, 400, []],
  ])('%s', (query, httpStatus, causes) => {
    const refusal = refusalOf(() => parseListOptions(new URLSearchParams(query)))
    expect(refusal.httpStatus).toBe(httpStatus)
    const told = refusal.details?.causes?.map(({ message }) => message) ?? []
    expect(told).toEqual(causes.map((cause) => expect.stringContaining(cause)))
  })

  it.each([
    [
      `resourceVersion=1&continue=${A_TOKEN}`,
      'specifying resource version is not allowed when using continue',
    ],
    ['limit=some', 'strconv.ParseInt: parsing "some": invalid syntax'],
    ['limit=', 'strconv.ParseInt: parsing "": invalid syntax'],
    [
      'timeoutSeconds=9223372036854775808',
      'strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ],
    [
      'resourceVersion=abc',
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      'resourceVersion=18446744073709551616',
      'invalid resource version: resourceVersion: Invalid value: "18446744073709551616": strconv.ParseUint: parsing "18446744073709551616": value out of range',
    ],
    ['continue=abc', 'invalid continue token: continue key is not valid: '],
    [
      `continue=${token({ v: 'meta.k8s.io/v1', rv: 0, start: '/a\u0000' })}`,
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    ],
    [
      `continue=${token({ v: 'v9', rv: 1, start: '/a\u0000' })}`,
      'invalid continue token: continue key is not valid: server does not recognize this encoded version v9',
    ],
    [
      `continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: '' })}`,
      'invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)',
    ],
    [
      `continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: 'a' })}`,
      'invalid continue token: continue key is not valid: a',
    ],
  ])('%s', (query, message) => {
    const refusal = refusalOf(() => parseListOptions(new URLSearchParams(query)))
    expect([refusal.httpStatus, refusal.reason]).toEqual([400, 'BadRequest'])
    expect(refusal.message).toContain(message)
  })
})

describe('what is asked of a watch', () => {
  const parse = (query: string) => parseWatchOptions(new URLSearchParams(query))

  it.each(['', 'resourceVersion=0', 'allowWatchBookmarks=true'])(
    'is all there is where no version is named: %j',
    (query) => {
      expect(parse(query).sendInitialEvents).toBe(true)
    },
  )

  it.each(['resourceVersion=1', 'sendInitialEvents=false&resourceVersionMatch=NotOlderThan'])(
    'is what comes: %j',
    (query) => {
      expect(parse(query).sendInitialEvents).toBe(false)
    },
  )

  it.each([
    ['resourceVersionMatch=Exact&continue=x', 3],
    ['resourceVersion=1&resourceVersionMatch=NotOlderThan', 1],
    ['sendInitialEvents=true', 1],
    ['sendInitialEvents=true&resourceVersionMatch=Exact&continue=x', 3],
    ['continue=x', 1],
  ])('cannot be %j', (query, causes) => {
    const refusal = refusalOf(() => parse(query))
    expect(refusal.reason).toBe('Invalid')
    expect(refusal.details?.causes).toHaveLength(causes)
  })

  it('cannot begin at a version that is none', () => {
    expect(refusalOf(() => parse('resourceVersion=-1')).toStatus()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax',
      code: 500,
    })
  })
})

function refusalOf(parse: () => unknown): StatusError {
  try {
    parse()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('it is not refused')
}
