import { describe, expect, it } from 'vitest'
import type { ManagedCluster } from '../../../src/apis/cluster/v1.ts'
import { type Logger, silentLogger } from '../../../src/common/log.ts'
import { type Informer, KubeApiError, type KubeClient } from '../../../src/kube/index.ts'
import { ApiHealth } from '../../../src/registration/agent/status/api-health.ts'
import { ClusterStatus } from '../../../src/registration/agent/status/cluster-status.ts'
import type { ManagedNamespaces } from '../../../src/registration/agent/status/managed-namespaces.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const SIGNAL = new AbortController().signal
const PERIOD_MS = 60_000

const ACCEPTED: ManagedCluster = {
  metadata: { name: 'one', uid: 'u', resourceVersion: '1' },
  status: {
    conditions: [
      {
        type: 'HubAcceptedManagedCluster',
        status: 'True',
        reason: 'HubClusterAdminAccepted',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  },
}

/** Of a cluster that is well; `known` is what has been seen of it on the hub. */
function statusOf(known: { cluster?: ManagedCluster; hasSynced?: boolean }, patch: () => Promise<unknown>) {
  const clock = new ManualClock()
  const logged: string[] = []
  const note = (_: object, message: string) => logged.push(message)
  const log = { ...silentLogger, warn: note, error: note } as unknown as Logger
  const hub = { resource: () => ({ patchStatus: patch }) } as unknown as KubeClient
  const spoke = {
    raw: async () => ({ status: 200, contentType: '', text: 'ok' }),
    request: async () => ({ gitVersion: 'v1.34.0' }),
  } as unknown as KubeClient
  const { cluster, hasSynced = true } = known
  const informer = { hasSynced, store: { get: () => cluster, list: () => [] } }
  const status = new ClusterStatus(
    {
      hub,
      spoke,
      cluster: informer as unknown as Informer<ManagedCluster>,
      nodes: informer as never,
      claims: undefined,
      properties: undefined,
      health: new ApiHealth(spoke, clock),
      namespaces: { reconcile: async () => ({ managed: [], errors: [] }) } as unknown as ManagedNamespaces,
      events: { record: () => {} } as never,
      clock,
      log,
    },
    { clusterName: 'one', reservedClaimSuffixes: [], mostCustomClaims: 20, healthCheckPeriodMs: PERIOD_MS },
  )
  return { status, logged }
}

const refusedWith = (status: number) => () =>
  Promise.reject(new KubeApiError({ status, message: `refused with ${status}` }))

describe('the status of a cluster', () => {
  it.each([409, 404])(
    'is looked at again soon where the hub’s cluster is another by now (%i)',
    async (code) => {
      const { status, logged } = statusOf({ cluster: ACCEPTED }, refusedWith(code))
      expect(await status.reconcile(SIGNAL)).toBeLessThanOrEqual(1000)
      expect(logged).toEqual([])
    },
  )

  it('fails where the hub refuses it for other reasons', async () => {
    const { status } = statusOf({ cluster: ACCEPTED }, refusedWith(422))
    await expect(status.reconcile(SIGNAL)).rejects.toThrow('refused with 422')
  })

  it('is looked at after its period where the hub has taken it', async () => {
    const { status, logged } = statusOf({ cluster: ACCEPTED }, async () => ACCEPTED)
    expect(await status.reconcile(SIGNAL)).toBe(PERIOD_MS)
    expect(logged).toEqual([])
  })

  it('is said to be missing on the hub once that is known, and not before', async () => {
    const before = statusOf({ hasSynced: false }, refusedWith(404))
    await before.status.reconcile(SIGNAL)
    expect(before.logged).toEqual([])
    const after = statusOf({ hasSynced: true }, refusedWith(404))
    await after.status.reconcile(SIGNAL)
    await after.status.reconcile(SIGNAL)
    expect(after.logged).toEqual(['the hub has no such cluster (any more)'])
  })
})
