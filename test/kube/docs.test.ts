import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { KubeMetrics } from '../../src/kube/index.ts'
import { eventually } from '../support/eventually.ts'
import { FakeApiServer } from './fake-apiserver.ts'

const PATH = '/api/v1/configmaps'
const DOCS = new URL('../../docs/', import.meta.url)

let api: FakeApiServer
let dir: string

beforeEach(async () => {
  api = await FakeApiServer.start()
  dir = await mkdtemp(path.join(tmpdir(), 'kube-docs-'))
})

afterEach(async () => {
  await api.stop()
  await rm(dir, { recursive: true })
})

const page = () => readFile(new URL('kube.md', DOCS), 'utf8')

it('the page shows a controller that works, and stops when it is told to', async () => {
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(await page()) ?? []
  const source = path.join(dir, 'example.ts')
  await writeFile(source, example.replaceAll("'../src/", `'${new URL('../src/', DOCS).href}`))
  const kubeconfig = path.join(dir, 'config')
  await writeFile(
    kubeconfig,
    stringify({
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'fake' } }],
      clusters: [{ name: 'fake', cluster: { server: api.access.server.href } }],
    }),
  )
  const put = (name: string) => api.put(PATH, { metadata: { name, namespace: 'ns' } })
  put('early')
  const child = spawn(process.execPath, [pathToFileURL(source).pathname], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const exited = once(child, 'exit')
  try {
    await eventually(() => api.get(PATH, 'ns/early')?.data).toEqual({ greeting: 'hello, early' })
    put('late')
    await eventually(() => api.get(PATH, 'ns/late')?.data).toEqual({ greeting: 'hello, late' })
  } finally {
    child.kill('SIGTERM')
  }
  expect(await exited).toEqual([0, null])
})

it('the page names every metric', async () => {
  const registry = new Registry()
  new KubeMetrics(registry)
  const text = await page()
  expect(registry.getMetricsAsArray().filter(({ name }) => !text.includes(`\`${name}\``))).toEqual([])
})
