import type { Registry } from 'prom-client'

/** What a counter, or the count of a histogram, has: `label=value …: 1`, without labels that are empty. */
export async function metricValues(registry: Registry, name: string): Promise<string[]> {
  const metric = await registry.getSingleMetric(name)?.get()
  return (metric?.values ?? [])
    .filter((value) => !('metricName' in value) || value.metricName === `${name}_count`)
    .map(({ labels, value }) => {
      const texts = Object.entries(labels).flatMap(([label, text]) => (text === '' ? [] : `${label}=${text}`))
      return `${texts.join(' ')}: ${value}`
    })
}
