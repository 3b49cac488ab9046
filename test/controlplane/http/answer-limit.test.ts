import { expect, it } from 'vitest'
import { AnswerLimit } from '../../../src/controlplane/http/answer-limit.ts'

const MIB = 1024 ** 2
const body = (mebibytes: number) => [Buffer.alloc(mebibytes * MIB)]
const userOf = (name: string, group = 'system:authenticated') => ({ name, groups: [group] })
const [ALICE, BOB, MASTER] = [userOf('alice'), userOf('bob'), userOf('admin', 'system:masters')]

function limitOf(inAll: number, perUser: number): AnswerLimit {
  return new AnswerLimit({ inAll: inAll * MIB, perUser: perUser * MIB })
}

it('refuses a user more than may be on its way, until the client has read it or has gone', () => {
  const limit = limitOf(10, 4)
  const [first, { signal }] = [new AbortController(), new AbortController()]
  limit.add(ALICE, body(3), first.signal)
  expect(() => limit.add(ALICE, body(2), signal)).toThrow(
    expect.objectContaining({ httpStatus: 429, details: { retryAfterSeconds: 1 } }),
  )
  limit.add(BOB, body(2), signal)
  first.abort()
  limit.add(ALICE, body(4), signal)
})

it('lets everybody have something, and whoever may do everything all', () => {
  const limit = limitOf(3, 2)
  const { signal } = new AbortController()
  limit.add(ALICE, body(3), signal)
  limit.add(BOB, body(1), signal)
  expect(() => limit.add(BOB, body(1), signal)).toThrow('Too much is being answered')
  for (let count = 0; count < 3; count++) limit.add(MASTER, body(1), signal)
})

it('counts neither small answers nor those that nobody waits for', () => {
  const limit = limitOf(1, 1)
  const { signal } = new AbortController()
  limit.add(ALICE, body(1), AbortSignal.abort())
  limit.add(ALICE, body(1), signal)
  limit.add(ALICE, [Buffer.alloc(1024)], signal)
})
