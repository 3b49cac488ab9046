import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import { ControlPlane, ControlPlaneCredentials, MemoryJournal } from '../../src/controlplane/index.ts'
import { ControlPlaneControllers } from '../../src/main/controlplane-controllers.ts'
import { metricValues } from '../support/metric-values.ts'
import { until } from '../support/until.ts'

const HOST = '127.0.0.1'
const clock = { now: Date.now }

let directory: string
let controlPlane: ControlPlane
let controllers: ControlPlaneControllers

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'controllers-'))
  const credentials = await ControlPlaneCredentials.open(directory, {
    server: `https://${HOST}:6443`,
    names: { dnsNames: ['localhost'], ipAddresses: [HOST] },
    clock,
  })
  controlPlane = await ControlPlane.open(
    { log: silentLogger, journal: new MemoryJournal(), credentials, clock },
    {
      host: HOST,
      port: 0,
      flag: '--secure-port',
      address: `${HOST}:6443`,
      serviceCidrs: ['10.96.0.0/16'],
      release: '0.0.0',
    },
  )
  await controlPlane.start()
  const { authority } = credentials
  controllers = new ControlPlaneControllers(
    { log: silentLogger, controlPlane, authority },
    { controllers: ['serviceaccount-controller'] },
  )
  await controllers.start()
})
afterAll(async () => {
  await controllers.stop()
  await controlPlane.stop()
  await rm(directory, { recursive: true, force: true })
})

it('tells of its queues and requests where the control plane tells of its own', async () => {
  const values = (name: string) => metricValues(controlPlane.metrics, name)
  const worked = async () => (await values('workqueue_work_duration_seconds')).length > 0
  await until(worked, 'a controller has done something')
  expect(await values('workqueue_adds_total')).toEqual([expect.stringMatching(/^name=serviceaccount: [1-9]/)])
  const created = async () =>
    (await values('rest_client_requests_total')).some((each) => each.startsWith('code=201 method=POST '))
  await until(created, 'an account has been created')
})
