import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { KubeClient } from '../../../src/kube/index.ts'
import { KubeApiError, KubeRequestError } from '../../../src/kube/index.ts'
import { readToken, tokenRenewalTime } from '../../../src/registration/agent/addons/service-account-token.ts'
import { ApiHealth, FAILURE_COUNTS_AFTER_MS } from '../../../src/registration/agent/status/api-health.ts'
import { Wakeup } from '../../../src/registration/agent/wakeup.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const SIGNAL = new AbortController().signal

/** An API server that answers by path. */
function serverOf(answers: Record<string, () => number>): { client: KubeClient; asked: string[] } {
  const asked: string[] = []
  const raw = async ({ path }: { path: string }) => {
    asked.push(path)
    const status = answers[path]?.() ?? 0
    if (status === 0) throw new KubeRequestError('nobody is there')
    if (status !== 200) throw new KubeApiError({ status, message: `status ${status}` })
    return { status, contentType: '', text: 'ok' }
  }
  return { client: { raw } as unknown as KubeClient, asked }
}

describe('the health of an API server', () => {
  it.each([403, 404])('is found at the older address where the newer answers %i', async (status) => {
    const { client, asked } = serverOf({ '/livez': () => status, '/healthz': () => 200 })
    expect((await new ApiHealth(client, new ManualClock()).check(SIGNAL)).isHealthy).toBe(true)
    expect(asked).toEqual(['/livez', '/healthz'])
  })

  it('says for how long it has been bad, from the first failure to the next success', async () => {
    let status = 500
    const { client } = serverOf({ '/livez': () => status })
    const clock = new ManualClock()
    const health = new ApiHealth(client, clock)
    expect(await health.check(SIGNAL)).toEqual({
      isHealthy: false,
      failingForMs: 0,
      message: 'The kube-apiserver is not ok, status code: 500, status 500',
    })
    clock.advance(FAILURE_COUNTS_AFTER_MS)
    status = 0
    expect(await health.check(SIGNAL)).toEqual({
      isHealthy: false,
      failingForMs: FAILURE_COUNTS_AFTER_MS,
      message: 'The kube-apiserver is not ok, status code: 0, nobody is there',
    })
    status = 200
    expect((await health.check(SIGNAL)).isHealthy).toBe(true)
    clock.advance(6000)
    status = 500
    expect((await health.check(SIGNAL)).failingForMs).toBe(0)
  })

  it('is not asked for again at once while it is good', async () => {
    const { client, asked } = serverOf({ '/livez': () => 200 })
    const clock = new ManualClock()
    const health = new ApiHealth(client, clock)
    for (const ms of [0, 1000, 3999, 1]) {
      clock.advance(ms)
      await health.check(SIGNAL)
    }
    expect(asked).toHaveLength(2)
  })
})

describe('a token', () => {
  const tokenOf = (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`
  const claims = { iat: 1000, exp: 2000, 'kubernetes.io': { serviceaccount: { uid: 'u' } } }

  it('is renewed when a fifth of its life is left', () => {
    expect(tokenRenewalTime(tokenOf(claims), 'u')).toBe(1_800_000)
  })

  it('is renewed at once where it is for another account, or none at all', () => {
    expect(tokenRenewalTime(tokenOf(claims), 'v')).toBe(0)
    expect(tokenRenewalTime(undefined, 'u')).toBe(0)
    expect(tokenRenewalTime(tokenOf({ ...claims, exp: 1000 }), 'u')).toBe(0)
  })

  it.each(['', 'a.b', 'a.b.c.d', 'a.!!.c', tokenOf({ iat: '1', exp: 2 }), 'a.bnVsbA.c'])(
    'is not what %j is',
    (text) => {
      expect(readToken(text)).toBeUndefined()
    },
  )
})

describe('a sleep', () => {
  it('is over when something happens, even if that was before it began', async () => {
    const clock = new ManualClock()
    const wakeup = new Wakeup(clock)
    wakeup.wake()
    await wakeup.sleep(1000, SIGNAL)
    let isOver = false
    const sleeping = wakeup.sleep(1000, SIGNAL).then(() => {
      isOver = true
    })
    await nextTurn()
    expect(isOver).toBe(false)
    wakeup.wake()
    await sleeping
    const again = wakeup.sleep(1000, SIGNAL)
    await clock.asleep()
    clock.advance(1000)
    await again
  })

  it('is over when it is aborted', async () => {
    await new Wakeup(new ManualClock()).sleep(1000, AbortSignal.abort())
  })
})
