import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { TestControlPlane } from './control-plane.ts'

export interface PodShape {
  readonly containers?: readonly string[]
  readonly initContainers?: readonly string[]
  /** Empty for one that is nowhere yet. @default node-1 */
  readonly node?: string
  /** Of each container. @default running */
  readonly state?: object
  readonly lastState?: object
}

/** A pod that runs, as its node would say. */
export async function runningPod(
  { admin }: TestControlPlane,
  name: string,
  { containers = ['main'], initContainers = [], node = 'node-1', state, lastState = {} }: PodShape = {},
): Promise<string> {
  const path = '/api/v1/namespaces/default/pods'
  const of = (names: readonly string[]) => names.map((each) => ({ name: each, image: 'image' }))
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { nodeName: node, containers: of(containers), initContainers: of(initContainers) },
  }
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
  await admin.post('/api/v1/namespaces/default/serviceaccounts', account) // once will do
  const created = await admin.post(path, pod)
  if (created.status !== 201) throw new Error(created.text)
  const running = { running: { startedAt: '2026-01-01T00:00:00Z' } }
  const statuses = containers.map((each) => ({
    name: each,
    image: 'image',
    imageID: '',
    ready: true,
    restartCount: 0,
    state: state ?? running,
    lastState,
  }))
  if (node === '') return `${path}/${name}`
  const status = await admin.patch(`${path}/${name}/status`, {
    status: { phase: 'Running', containerStatuses: statuses },
  })
  if (status.status !== 200) throw new Error(status.text)
  return `${path}/${name}`
}

/** A kubeconfig file of the administrator, until it is disposed of. */
export async function kubeconfigOf({
  url,
  tls,
}: TestControlPlane): Promise<{ file: string } & AsyncDisposable> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'kubeconfig-'))
  const base64 = (pem: unknown) => Buffer.from(String(pem)).toString('base64')
  const file = path.join(directory, 'config')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [
      { name: 'test', cluster: { server: url.origin, 'certificate-authority-data': base64(tls.ca) } },
    ],
    users: [
      {
        name: 'test',
        user: { 'client-certificate-data': base64(tls.cert), 'client-key-data': base64(tls.key) },
      },
    ],
  }
  await writeFile(file, JSON.stringify(config))
  return { file, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) }
}
