import { describe, expect, it } from 'vitest'
import { logOptions } from '../../../src/controlplane/pod-streams/log-options.ts'

const PLAIN = { container: '', follow: false, previous: false, timestamps: false }
const parse = (query: string) => logOptions(new URLSearchParams(query), 'p')

describe('what a client wants of a log', () => {
  it.each([
    ['', {}],
    [
      'container=c&follow=true&previous=1&timestamps',
      { container: 'c', follow: true, previous: true, timestamps: true },
    ],
    ['follow=false&previous=0', {}],
    ['tailLines=0', { tailLines: 0 }],
    ['tailLines=10&limitBytes=1&sinceSeconds=5', { tailLines: 10, limitBytes: 1, sinceSeconds: 5 }],
    ['sinceTime=2026-01-01T00:00:00Z', { sinceTime: '2026-01-01T00:00:00Z' }],
    ['sinceTime=2026-01-01T00:00:00.123456789%2B02:00', { sinceTime: '2026-01-01T00:00:00.123456789+02:00' }],
    ['stream=All', {}],
    ['stream=Stdout', { stream: 'stdout' }],
    ['stream=Stderr', { stream: 'stderr' }],
    ['insecureSkipTLSVerifyBackend=true', {}],
  ])('is read from the query %j', (query, expected) => {
    expect(parse(query)).toEqual({ ...PLAIN, ...expected })
  })

  it.each([
    ['tailLines=-1', 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ['limitBytes=0', 'limitBytes: Invalid value: 0: must be greater than 0'],
    ['sinceSeconds=0', 'sinceSeconds: Invalid value: 0: must be greater than 0'],
    [
      'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
      ': Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    ],
    ['stream=both', 'stream: Unsupported value: "both": supported values: "All", "Stdout", "Stderr"'],
    [
      'stream=Stdout&tailLines=1',
      ': Forbidden: `tailLines` and specific `stream` are mutually exclusive for now',
    ],
    [
      'tailLines=-1&limitBytes=-1',
      '[tailLines: Invalid value: -1: must be greater than or equal to 0, limitBytes: Invalid value: -1: must be greater than 0]',
    ],
  ])('may be invalid: %s', (query, message) => {
    expect(() => parse(query)).toThrow(
      expect.objectContaining({ reason: 'Invalid', message: `PodLogOptions "p" is invalid: ${message}` }),
    )
  })

  it.each([
    ['tailLines=&limitBytes=', 'strconv.ParseInt: parsing "": invalid syntax'],
    ['tailLines=1.5', 'strconv.ParseInt: parsing "1.5": invalid syntax'],
    ['sinceTime=now', 'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"'],
    [
      'sinceTime=2026-99-01T00:00:00Z',
      'parsing time "2026-99-01T00:00:00Z" as "2006-01-02T15:04:05Z07:00": cannot parse "2026-99-01T00:00:00Z" as "2006"',
    ],
  ])('may be unreadable: %s', (query, message) => {
    expect(() => parse(query)).toThrow(expect.objectContaining({ reason: 'BadRequest', message }))
  })
})
