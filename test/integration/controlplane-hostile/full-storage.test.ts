import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { silentLogger } from '../../../src/common/log.ts'
import { ControlPlane, ControlPlaneCredentials, SqliteJournal } from '../../../src/controlplane/index.ts'
import { readKubeconfig } from '../../../src/kube/access/kubeconfig.ts'
import { ApiClient, type ApiReply } from '../../support/api-client.ts'
import { takeFrames, watchFrames } from '../../support/api-watch.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/until.ts'
import { type ConfigMaps, configMapsIn } from '../controlplane/config-maps.ts'

const HOST = '127.0.0.1'
const MAX_BYTES = 4 * 1024 * 1024
const LARGE = 'x'.repeat(200_000)
const AN_HOUR_MS = 60 * 60_000

let directory: string
let ahead: number
let controlPlane: ControlPlane
let admin: ApiClient
let maps: ConfigMaps

/** With no more room on its disk than `MAX_BYTES`. */
async function start(): Promise<void> {
  const clock = { now: () => Date.now() + ahead }
  const port = await freePort()
  const address = `${HOST}:${port}`
  const credentials = await ControlPlaneCredentials.open(directory, {
    server: `https://${address}`,
    names: { dnsNames: [], ipAddresses: [HOST] },
    clock,
  })
  const journal = new SqliteJournal({ file: path.join(directory, 'controlplane.db'), maxBytes: MAX_BYTES })
  controlPlane = await ControlPlane.open(
    { log: silentLogger, journal, credentials, clock },
    { host: HOST, port, flag: '--secure-port', address, serviceCidrs: ['10.96.0.0/16'], release: '0.0.0' },
  )
  await controlPlane.start()
  admin = new ApiClient(
    new URL(`https://${address}`),
    (await readKubeconfig([credentials.kubeconfigFile])).tls,
  )
}

async function stop(): Promise<void> {
  admin.close()
  await controlPlane.stop()
}

beforeEach(async () => {
  ahead = 0
  directory = await mkdtemp(path.join(os.tmpdir(), 'full-storage-'))
  await start()
  maps = await configMapsIn(admin, 'full')
})
afterEach(async () => {
  await stop()
  await rm(directory, { recursive: true })
})

/** Writes the same object again and again, of which all versions are kept for a while. */
async function fill(): Promise<ApiReply> {
  await maps.create('a')
  for (let count = 0; ; count++) {
    const reply = await admin.patch(maps.at('a'), { data: { text: LARGE, count: String(count) } })
    if (reply.status !== 200) return reply
  }
}

it('says what is wrong when the disk is full, goes on reading, and writing when there is room', async () => {
  const refused = await fill()
  expect(refused.status).toBe(500)
  expect(refused.json).toMatchObject({
    kind: 'Status',
    status: 'Failure',
    reason: 'InternalError',
    message:
      'the storage of the control plane is full: nothing can be written until there is room on the disk of its data directory; reading goes on',
  })
  const { json: kept } = await admin.get(maps.at('a'))
  const frames = watchFrames(await admin.open({ path: `${maps.path}?watch=1` }))
  expect(await takeFrames(frames, 1)).toMatchObject([{ type: 'ADDED', object: kept }])

  ahead = AN_HOUR_MS // old versions are forgotten
  const write = () => admin.patch(maps.at('a'), { data: { text: LARGE, count: 'last' } })
  await until(async () => (await write()).status === 200, 'there is room again')

  const { json: written } = await admin.get(maps.at('a'))
  expect(written.data.count).toBe('last')
  expect(await takeFrames(frames, 1)).toMatchObject([{ type: 'MODIFIED', object: written }])
  await frames.return()
})

it('has everything that it acknowledged, and nothing that it refused, when it is started again', async () => {
  await fill()
  const { json: kept } = await admin.get(maps.at('a'))
  await stop()
  await start()
  expect((await admin.get(maps.at('a'))).json).toEqual(kept)
})
