import { Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { HotHistogram } from '../../src/common/hot-histogram.ts'

const NAME = 'writes_seconds'
const HELP = 'How long writes took.'
const BOUNDS = [1e-6, 0.005, 0.5]
const OBSERVED = [0, 1e-6, 0.001, 0.005, 0.0051, 7, 0.5]

async function scrape(observe: (registry: Registry) => (value: number) => void): Promise<string[]> {
  const registry = new Registry()
  const record = observe(registry)
  for (const value of OBSERVED) record(value)
  return (await registry.metrics()).trim().split('\n')
}

it('shows what prom-client’s own histogram shows', async () => {
  const hot = await scrape((registry) => {
    const histogram = new HotHistogram(registry, { name: NAME, help: HELP, bounds: BOUNDS })
    return (value) => histogram.observe(value)
  })
  const original = await scrape((registry) => {
    const histogram = new Histogram({ name: NAME, help: HELP, buckets: BOUNDS, registers: [registry] })
    return (value) => histogram.observe(value)
  })
  expect(hot).toEqual(original)
  expect(hot).toContain(`${NAME}_count ${OBSERVED.length}`)
})

it('begins anew when the registry does', async () => {
  const registry = new Registry()
  new HotHistogram(registry, { name: NAME, help: HELP, bounds: BOUNDS }).observe(1)
  registry.resetMetrics()
  expect(await registry.metrics()).toContain(`${NAME}_count 0`)
})
