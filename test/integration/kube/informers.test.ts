import { afterEach, describe, expect, it } from 'vitest'
import { Informer, type InformerOptions, isGone, type KubeClient, keyOf } from '../../../src/kube/index.ts'
import { STORAGES, TestControlPlane } from '../../support/control-plane.ts'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { eventually } from '../../support/eventually.ts'
import { endProcesses } from '../../support/processes.ts'
import { until } from '../../support/until.ts'
import { churn } from './churn.ts'
import {
  CONFIG_MAPS,
  type ConfigMap,
  clientOf,
  clientOfProcess,
  makeNamespace,
  stopClients,
} from './clients.ts'
import { CuttingRelay } from './cutting-relay.ts'
import { EventLog, Observer } from './observer.ts'

const namespace = 'churn'
const STREAMED = { namespace }
const LISTED = { namespace, streamInitialObjects: false, pageSize: 7 }

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await stopClients()
  await endProcesses()
})

function watchedBy(client: KubeClient, options: InformerOptions<ConfigMap>) {
  const informer = new Informer<ConfigMap>({ resource: client.resource<ConfigMap>(CONFIG_MAPS) }, options)
  const observer = new Observer(informer)
  informer.start()
  closing.push(() => informer.stop())
  return { informer, observer }
}

function logOf(client: KubeClient): EventLog {
  const log = new EventLog(client, namespace)
  closing.push(() => log.stop())
  return log
}

/** What there is, and in which version. */
function versionsOf(objects: readonly ConfigMap[]): string[] {
  return objects.map((object) => `${keyOf(object)} ${object.metadata.resourceVersion}`).sort()
}

async function expectSameAsServer(client: KubeClient, watched: readonly ReturnType<typeof watchedBy>[]) {
  const { items } = await client.resource<ConfigMap>(CONFIG_MAPS).listAll({ namespace })
  expect(items.length).toBeGreaterThan(0)
  for (const { informer, observer } of watched) {
    await eventually(() => versionsOf(informer.store.list())).toEqual(versionsOf(items))
    expect(observer.mistakes).toEqual([])
    expect(versionsOf(informer.store.list(namespace))).toEqual(versionsOf(items))
  }
}

/** Each write came once: none is missing, and none came twice. */
async function expectEachOnce(log: EventLog, answered: ReadonlySet<string>) {
  await eventually(() => [...answered].filter((version) => !log.versions.includes(version))).toEqual([])
  expect(new Set(log.versions).size).toBe(log.versions.length)
  expect(log.versions.map(Number)).toEqual(log.versions.map(Number).sort((one, other) => one - other))
  expect(log.lists).toBe(1)
}

/** A guard against hanging, generous since the machine may be busy. */
const BUSY = { timeout: 90_000 }

describe('informers of a control plane', BUSY, () => {
  it.each(STORAGES)('see every one of many writes once (%s)', async (storage) => {
    const server = await TestControlPlane.start(storage)
    closing.push(() => server.close())
    const client = clientOf(server)
    await makeNamespace(client, namespace)
    const early = [watchedBy(client, STREAMED), watchedBy(client, LISTED)]
    const log = logOf(client)
    await until(() => log.lists === 1, 'the events are followed')
    const late: ReturnType<typeof watchedBy>[] = []
    let writes = 0
    const answered = await churn(client.resource<ConfigMap>(CONFIG_MAPS), {
      namespace,
      writers: 16,
      writesOfEach: 70,
      onWrite: () => {
        if (++writes % 400 === 200) late.push(watchedBy(client, late.length % 2 ? STREAMED : LISTED))
      },
    })
    expect(late).toHaveLength(3)
    await expectEachOnce(log, answered)
    await expectSameAsServer(client, [...early, ...late])
  })

  it('see every write once through a network that breaks connections anywhere', async () => {
    const server = await TestControlPlane.start()
    closing.push(() => server.close())
    const client = clientOf(server)
    await makeNamespace(client, namespace)
    let connections = 0
    // From within the handshake up to the middle of events: odd steps, so that no two are cut at the same place.
    const relay = await CuttingRelay.start(
      Number(server.url.port),
      () => 4_000 + ((connections++ * 7_919) % 60_000),
    )
    closing.push(() => relay.stop())
    const throughRelay = clientOf({
      ...server,
      url: new URL(`https://127.0.0.1:${relay.port}`),
    } as TestControlPlane)
    const watched = [watchedBy(throughRelay, STREAMED), watchedBy(throughRelay, LISTED)]
    const log = logOf(throughRelay)
    await until(() => log.lists === 1, 'the events are followed')
    const answered = new Set<string>()
    const resource = client.resource<ConfigMap>(CONFIG_MAPS)
    while (relay.cuts < 8) {
      for (const version of await churn(resource, { namespace, writers: 8, writesOfEach: 20 }))
        answered.add(version)
    }
    relay.heal()
    await expectEachOnce(log, answered)
    await expectSameAsServer(client, watched)
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)('go on where they were after a restart (%s)', async (signal) => {
    const cluster = await ControlPlaneProcess.start()
    closing.push(() => cluster.dispose())
    const client = clientOfProcess(cluster)
    await makeNamespace(client, namespace)
    const watched = [watchedBy(client, STREAMED), watchedBy(client, LISTED)]
    const log = logOf(client)
    await until(() => log.lists === 1, 'the events are followed')
    let writes = 0
    let restarting = Promise.resolve()
    const answered = await churn(client.resource<ConfigMap>(CONFIG_MAPS), {
      namespace,
      writers: 8,
      writesOfEach: 30,
      onWrite: () => {
        if (++writes !== 120) return
        cluster.process.kill(signal)
        restarting = cluster.restart()
      },
    })
    await restarting
    await expectEachOnce(log, answered)
    await expectSameAsServer(client, watched)
  })

  it('list again when the server has forgotten what they saw last', async () => {
    let ahead = 0
    const server = await TestControlPlane.start('sqlite', { now: () => Date.now() + ahead })
    closing.push(() => server.close())
    const client = clientOf(server)
    await makeNamespace(client, namespace)
    const resource = client.resource<ConfigMap>(CONFIG_MAPS)
    await resource.create({ metadata: { namespace, name: 'before' } })
    let isCut = false
    const relay = await CuttingRelay.start(Number(server.url.port), () => (isCut ? 0 : Infinity))
    closing.push(() => relay.stop())
    const throughRelay = clientOf({
      ...server,
      url: new URL(`https://127.0.0.1:${relay.port}`),
    } as TestControlPlane)
    const watched = [watchedBy(throughRelay, STREAMED), watchedBy(throughRelay, LISTED)]
    await eventually(() => watched.map(({ informer }) => informer.hasSynced)).toEqual([true, true])

    isCut = true
    relay.breakAll()
    await resource.delete({ namespace, name: 'before' })
    const first = await resource.create({ metadata: { namespace, name: 'after' } })
    await churn(resource, { namespace, writers: 4, writesOfEach: 20 })
    ahead = 60 * 60_000
    const isForgotten = async () => {
      const events = await resource.watch({ namespace, resourceVersion: first.metadata.resourceVersion })
      try {
        for await (const _ of events) return false
      } catch (error) {
        return isGone(error)
      }
      return false
    }
    await until(isForgotten, 'the versions are forgotten')
    isCut = false
    await expectSameAsServer(client, watched)
  })
})
