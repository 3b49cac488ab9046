import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readKubeconfig } from '../../src/kube/access/kubeconfig.ts'
import { KubeClient } from '../../src/kube/index.ts'
import { median, print, printHeading, printRow, printTableHead } from '../tunnel/report.ts'

/** How soon local clusters are ready, from nothing and from what is stored, and what they and their Pods take. */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    clusters: { type: 'string', default: '3' },
    pods: { type: 'string', default: '5' },
  },
})
const CLUSTER_PROXY = fileURLToPath(new URL('../../bin/cluster-proxy', import.meta.url))
const names = Array.from({ length: Number(options.clusters) }, (_, index) => `bench${index}`)
const pods = Number(options.pods)
const MIB = 1024

/** Until what a start leaves behind is collected. */
const SETTLE_MS = 5_000
const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true }

const directory = mkdtempSync(path.join(tmpdir(), 'bench-local-cluster-'))
const figures: Record<string, number[]> = {}
const note = (name: string, value: number) => {
  figures[name] ??= []
  figures[name].push(value)
}

/** Resolves with the ms that it took. */
function localCluster(...words: string[]): number {
  const startedAt = performance.now()
  execFileSync(CLUSTER_PROXY, ['local-cluster', ...words, '--data-dir', directory], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return performance.now() - startedAt
}

function residentMib(pid: number): number {
  const [, kib = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / MIB
}

function pidOf(name: string): number {
  return JSON.parse(readFileSync(path.join(directory, name, 'run.json'), 'utf8')).pid
}

/** The processes of containers of ours, by what they were started with. */
function podProcesses(parent: number): number[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim()
  return children === '' ? [] : children.split(' ').map(Number)
}

async function deploy(name: string): Promise<number> {
  const file = path.join(directory, name, 'admin.kubeconfig')
  const client = new KubeClient({ readAccess: () => readKubeconfig([file]) })
  await client.start()
  try {
    const deployments = client.resource(DEPLOYMENTS)
    const labels = { app: 'bench' }
    const startedAt = performance.now()
    await deployments.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'default', name: 'bench' },
      spec: {
        replicas: pods,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 8080 }] }] },
        },
      },
    } as never)
    for (;;) {
      const { status } = (await deployments.get({ namespace: 'default', name: 'bench' })) as {
        status?: { availableReplicas?: number }
      }
      if (status?.availableReplicas === pods) return performance.now() - startedAt
      await pause(10)
    }
  } finally {
    await client.stop()
  }
}

try {
  for (let round = 0; round < Number(options.rounds); round++) {
    note(`${names.length} clusters ready, from nothing, ms`, localCluster('start', ...names))
    await pause(SETTLE_MS)
    for (const name of names) note('memory of a cluster, MiB', residentMib(pidOf(name)))
    localCluster('stop', ...names)
    note(`${names.length} clusters ready, from what is stored, ms`, localCluster('start', ...names))
    localCluster('delete', ...names)
    const [name = ''] = names
    note('one cluster ready, from nothing, ms', localCluster('start', name, '--web-image=nginx'))
    note(`a Deployment of ${pods} Pods available, ms`, await deploy(name))
    await pause(SETTLE_MS)
    for (const pid of podProcesses(pidOf(name))) note('memory of a Pod, MiB', residentMib(pid))
    note(`memory of a cluster with ${pods} Pods, MiB`, residentMib(pidOf(name)))
    note('one cluster stopped, ms', localCluster('stop', name))
    localCluster('delete', name)
  }
} finally {
  localCluster('delete', '--all')
  rmSync(directory, { recursive: true, force: true })
}

const FLOORS: Record<string, string> = {
  '3 clusters ready, from nothing, ms': '5,000',
  'memory of a cluster, MiB': '150',
  'memory of a Pod, MiB': '70',
}
printHeading(`${options.rounds} rounds, medians`)
printTableHead(['', 'floor', ''], 1)
for (const [name, values] of Object.entries(figures))
  printRow([name, FLOORS[name] ?? '', Math.round(median(values)).toLocaleString('en')])
print('')
