import { beforeEach, describe, expect, it } from 'vitest'
import { type IncomingRequest, jsonAnswer } from '../../../src/controlplane/http/index.ts'
import { requestInfo, StatusError } from '../../../src/controlplane/index.ts'
import { RequestMetrics } from '../../../src/controlplane/server/request-metrics.ts'

let metrics: RequestMetrics
beforeEach(() => {
  metrics = new RequestMetrics({
    isResource: (group, _, resource) => group === 'apps' && resource === 'deployments',
    waiting: () => ({ reading: 1, writing: 2 }),
  })
})

function request(method: string, target: string, signal = new AbortController().signal): IncomingRequest {
  const url = new URL(`http://apiserver${target}`)
  return { method, url, info: requestInfo(method, url), signal } as IncomingRequest
}

async function values(name: string): Promise<string[]> {
  const metric = await metrics.registry.getSingleMetric(name)?.get()
  return (metric?.values ?? []).map(({ labels, value }) => {
    const texts = Object.entries(labels).filter(([label, text]) => text !== '' && label !== 'component')
    return `${texts.map(([label, text]) => `${label}=${text}`).join(' ')}: ${value}`
  })
}

const ok = async () => jsonAnswer(200)

it('tells how many requests wait', async () => {
  expect(await values('apiserver_current_inqueue_requests')).toEqual([
    'request_kind=readOnly: 1',
    'request_kind=mutating: 2',
  ])
})

describe('requests', () => {
  it.each([
    [
      'GET',
      '/apis/apps/v1/deployments',
      'verb=LIST group=apps version=v1 resource=deployments scope=cluster code=200: 1',
    ],
    [
      'GET',
      '/apis/apps/v1/namespaces/a/deployments',
      'verb=LIST group=apps version=v1 resource=deployments scope=namespace code=200: 1',
    ],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/a/deployments/d/status?dryRun=All',
      'verb=PATCH dry_run=All group=apps version=v1 resource=deployments subresource=status scope=resource code=200: 1',
    ],
    [
      'GET',
      '/apis/apps/v1/namespaces/a/deployments/d/invented',
      'verb=GET group=apps version=v1 resource=deployments subresource=other scope=resource code=200: 1',
    ],
    ['GET', '/apis/invented.io/v1/things', 'verb=GET code=200: 1'],
    ['PROPFIND', '/healthz', 'verb=other code=200: 1'],
  ])('%s %s are counted', async (method, target, expected) => {
    await metrics.observe(request(method, target), ok)
    expect((await values('apiserver_request_total')).map(inOrder)).toEqual([inOrder(expected)])
  })

  it('that are refused or fail are counted by what is answered', async () => {
    const refused = new StatusError('Conflict', 'no')
    await expect(metrics.observe(request('GET', '/version'), () => Promise.reject(refused))).rejects.toBe(
      refused,
    )
    const bug = new TypeError('a bug')
    await expect(metrics.observe(request('GET', '/version'), () => Promise.reject(bug))).rejects.toBe(bug)
    expect(await values('apiserver_request_total')).toEqual(['verb=GET code=409: 1', 'verb=GET code=500: 1'])
  })

  it('are in flight until they are answered', async () => {
    const answer = Promise.withResolvers<ReturnType<typeof jsonAnswer>>()
    const observed = metrics.observe(
      request('POST', '/apis/apps/v1/namespaces/a/deployments'),
      () => answer.promise,
    )
    expect(await values('apiserver_current_inflight_requests')).toEqual(['request_kind=mutating: 1'])
    answer.resolve(jsonAnswer(201))
    await observed
    expect(await values('apiserver_current_inflight_requests')).toEqual(['request_kind=mutating: 0'])
  })

  it('that watch are running until the client goes, and have no duration', async () => {
    const gone = new AbortController()
    const watch = request('GET', '/apis/apps/v1/deployments?watch=1', gone.signal)
    await metrics.observe(watch, async () => ({
      status: 200,
      contentType: 'application/json',
      stream: () => {},
    }))
    const [running] = await values('apiserver_longrunning_requests')
    expect(running).toMatch(/^verb=WATCH .*: 1$/)
    expect(await values('apiserver_request_duration_seconds')).toEqual([])
    gone.abort()
    expect((await values('apiserver_longrunning_requests'))[0]).toMatch(/: 0$/)
  })
})

function inOrder(text: string): string {
  const [labels = '', value] = text.split(': ')
  return `${labels.split(' ').sort().join(' ')}: ${value}`
}
