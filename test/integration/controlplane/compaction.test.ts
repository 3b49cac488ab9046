import { expect, it } from 'vitest'
import { takeFrames, watchFrames } from '../../support/api-watch.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { configMapsIn, revisionOf } from './config-maps.ts'

const AN_HOUR_MS = 60 * 60_000

it('says Expired of versions that are forgotten, and lets a list go on behind them', async () => {
  let ahead = 0
  const server = await TestControlPlane.start('memory', { now: () => Date.now() + ahead })
  const { admin } = server
  const maps = await configMapsIn(admin, 'old')
  for (const name of ['a', 'b', 'c', 'd']) await maps.create(name)
  const first = (await admin.get(`${maps.path}?limit=2`)).json
  await admin.delete(maps.at('c'))
  ahead = AN_HOUR_MS

  const next = `${maps.path}?limit=2&continue=${first.metadata.continue}`
  await until(async () => (await admin.get(next)).status === 410, 'the old version is forgotten')

  const expired = (await admin.get(next)).json
  expect(expired).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' })
  const rest = (await admin.get(`${maps.path}?limit=2&continue=${expired.metadata.continue}`)).json
  expect(rest.items.map((item: { metadata: object }) => item.metadata)).toMatchObject([{ name: 'd' }])

  const frames = watchFrames(
    await admin.open({ path: `${maps.path}?watch=1&resourceVersion=${revisionOf(first.items[0])}` }),
  )
  expect(await takeFrames(frames, 2)).toMatchObject([
    { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
  ])
  await server.close()
})
