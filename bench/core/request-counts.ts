import type { KubeClient } from '../../src/kube/index.ts'

const SAMPLE = /^apiserver_request_total\{(.*)\} (\S+)$/gm
const OWN = new Set(['/metrics'])

/** How many requests an API server has carried out, by `VERB resource`. */
export async function requestCounts(client: KubeClient): Promise<ReadonlyMap<string, number>> {
  const { text } = await client.raw({ method: 'GET', path: '/metrics', accept: 'text/plain' })
  const counts = new Map<string, number>()
  for (const [, labels = '', value = ''] of text.matchAll(SAMPLE)) {
    const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''
    const resource = [label('resource'), label('subresource')].filter((each) => each !== '').join('/')
    if (OWN.has(resource) || resource === '') continue
    const key = `${label('verb')} ${resource}, ${label('code')}`
    counts.set(key, (counts.get(key) ?? 0) + Number(value))
  }
  return counts
}

/** What has come since, most first. */
export function difference(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): readonly (readonly [what: string, count: number])[] {
  return [...after]
    .map(([what, count]) => [what, count - (before.get(what) ?? 0)] as const)
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one)
}
