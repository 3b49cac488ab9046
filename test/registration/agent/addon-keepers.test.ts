import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ManagedClusterAddOn } from '../../../src/apis/addon/v1alpha1.ts'
import { type Logger, silentLogger } from '../../../src/common/log.ts'
import type { Informer, KubeClient } from '../../../src/kube/index.ts'
import { AddOnRegistrations } from '../../../src/registration/agent/addons/addon-registrations.ts'
import {
  TokenKeeper,
  type TokenKeeperComponents,
} from '../../../src/registration/agent/addons/token-keeper.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const SIGNER = 'kubernetes.io/kube-apiserver-client'
const SIGNAL = new AbortController().signal

interface Called {
  readonly signal?: AbortSignal
}

/** What is asked of it, beside `answers`, is never answered. */
function silentApi(answers: Record<string, (...args: never[]) => unknown> = {}): KubeClient {
  const pending = (...args: Called[]) => untilAborted(args.find((each) => each?.signal)?.signal)
  const resource = new Proxy({}, { get: (_, name: string) => answers[name] ?? pending })
  return { resource: () => resource, request: answers.request } as unknown as KubeClient
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function addOnOf(status: NonNullable<ManagedClusterAddOn['status']>): ManagedClusterAddOn {
  return { metadata: { namespace: 'one', name: 'talker' }, spec: {}, status }
}

function storeOf(find: () => ManagedClusterAddOn): Informer<ManagedClusterAddOn> {
  return { store: { get: find }, addHandler: () => () => {} } as unknown as Informer<ManagedClusterAddOn>
}

describe('the registrations of an add-on', () => {
  it('go on when one is wanted again that could not be ended to the last', async () => {
    let looks = 0
    let registrations = [{ signerName: SIGNER }]
    const spoke = silentApi({
      find: (_: object, { signal }: Called) => {
        looks += 1
        return untilAborted(signal)
      },
      delete: () => Promise.reject(new Error('the API is away')),
    })
    const addOns = storeOf(() => addOnOf({ registrations, kubeClientDriver: 'csr' }))
    const kept = new AddOnRegistrations(
      { hub: silentApi(), spoke, management: spoke, addOns, clock: new ManualClock(), log: silentLogger },
      {
        clusterName: 'one',
        hubCluster: { name: 'hub', server: 'https://hub' },
        auth: 'csr',
        tokenExpirationSeconds: 0,
      },
    )
    await kept.reconcile('talker', SIGNAL)
    await nextTurn()
    expect(looks).toBe(1)
    registrations = []
    await expect(kept.reconcile('talker', SIGNAL)).rejects.toThrow('the API is away')
    registrations = [{ signerName: SIGNER }]
    await kept.reconcile('talker', SIGNAL)
    await nextTurn()
    expect(looks).toBe(2)
    await kept.stop()
  })
})

describe('the token of an add-on', () => {
  const CONDITION = {
    type: 'TokenInfrastructureReady',
    status: 'True',
    reason: 'Made',
    message: 'ServiceAccount one/talker-agent (UID: u1) is ready',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  } as const

  function keeperOf(
    parts: Pick<TokenKeeperComponents, 'hub' | 'secrets' | 'clock'>,
    more: Partial<TokenKeeperComponents> = {},
  ) {
    const addOns = storeOf(() => addOnOf({ conditions: [CONDITION] }))
    return new TokenKeeper(
      { ...parts, addOns, log: silentLogger, report: async () => {}, ...more },
      {
        clusterName: 'one',
        addOnName: 'talker',
        secret: { namespace: 'addons', name: 'talker-hub-kubeconfig' },
        companions: {},
        expirationSeconds: 3600,
      },
    )
  }

  it('is not asked for all the time where it is over at once by the clock of the cluster', async () => {
    const clock = new ManualClock()
    const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')
    const issuedAt = clock.now() / 1000 - 7200
    const claims = { iat: issuedAt, exp: issuedAt + 3600, 'kubernetes.io': { serviceaccount: { uid: 'u1' } } }
    const token = `${part({})}.${part(claims)}.x`
    let tokens = 0
    const hub = silentApi({
      request: async () => {
        tokens += 1
        return { status: { token } }
      },
    })
    const secrets = silentApi({
      find: async () => ({ metadata: {}, data: { token: Buffer.from(token).toString('base64') } }),
      patch: async () => ({ metadata: {} }),
    })
    const stop = new AbortController()
    const running = keeperOf({ hub, secrets, clock }).run(stop.signal)
    expect(await clock.asleep()).toBeGreaterThan(1000)
    expect(tokens).toBe(1)
    stop.abort()
    await running
  })

  it('is missed for the reason that the hub gives, also where the hub does not let that be said', async () => {
    const clock = new ManualClock()
    const refusal = new Error('no such service account')
    const hub = silentApi({ request: () => Promise.reject(refusal) })
    const secrets = silentApi({ find: async () => undefined })
    const logged: unknown[] = []
    const log: Logger = { ...silentLogger, warn: ({ err }: { err: unknown }) => logged.push(err) } as never
    const report = () => Promise.reject(new Error('conflict'))
    const stop = new AbortController()
    const running = keeperOf({ hub, secrets, clock }, { log, report }).run(stop.signal)
    await clock.asleep()
    expect(logged).toEqual([refusal])
    stop.abort()
    await running
  })
})
