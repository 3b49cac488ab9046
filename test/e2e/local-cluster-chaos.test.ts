import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasKubeClients } from '../support/kube-clients.ts'
import { LocalClusters } from '../support/local-clusters.ts'
import { endProcesses } from '../support/processes.ts'
import { until } from '../support/until.ts'

/** For how long processes are killed. */
const CHAOS_MS = Number(process.env.CHAOS_SECONDS ?? 10) * 1_000
const RECOVERY_MS = 50_000

/** One in so many kills is of the cluster itself, and one of the process that starts its containers. */
const ROUND = 5
const STARTER_KILL = 3

const DECLARED = ['one', 'two']
const FLAGS = '--web-image=nginx'

describe.runIf(hasKubeClients())('a local cluster whose processes are killed', () => {
  let clusters: LocalClusters

  beforeAll(async () => {
    clusters = await LocalClusters.create()
    await clusters.cluster(`start hub --merge ${FLAGS}`)
    for (const name of DECLARED) {
      await clusters.ok(`kubectl create deployment ${name} --image=nginx --replicas=2 --port=8080`)
      await clusters.ok(`kubectl expose deployment ${name} --port=80 --target-port=8080`)
    }
  })

  afterAll(async () => {
    await endProcesses()
    await clusters.dispose()
  })

  const killCluster = async () => {
    const folder = path.join(clusters.env.XDG_DATA_HOME ?? '', 'cluster-proxy/local-clusters/hub')
    const { pid } = JSON.parse(await readFile(path.join(folder, 'run.json'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    await clusters.cluster(`start hub ${FLAGS}`)
  }
  /** Of a container that runs; undefined where there is none, or it has ended meanwhile. */
  const findContainer = async () => {
    const pids = await clusters.ok(
      'kubectl get pods -o jsonpath=\'{range .items[*].status.containerStatuses[?(@.state.running)]}{.containerID}{" "}{end}\'',
    )
    const ids = [...pids.matchAll(/process:\/\/(\d+)/g)].map(([, id]) => Number(id))
    const pid = ids[randomInt(Math.max(1, ids.length))]
    // After a restart of the cluster, a status may be of a process that has ended with the last one.
    return pid !== undefined && (await isOf(clusters, pid)) ? pid : undefined
  }
  const killContainer = async () => {
    const pid = await findContainer()
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  }
  const killStarter = async () => {
    const pid = await findContainer()
    const starter = pid === undefined ? undefined : await starterOf(pid)
    if (starter !== undefined) process.kill(starter, 'SIGKILL')
  }
  const page = async (service: string) => {
    const address = await clusters.ok(`kubectl get service ${service} -o jsonpath='{.spec.clusterIP}'`)
    return fetch(`http://${address}/`).then(
      (response) => response.text(),
      () => '',
    )
  }

  it(
    'comes back to what was declared',
    async () => {
      const end = performance.now() + CHAOS_MS
      for (let kills = 1; performance.now() < end; kills++) {
        if (kills % ROUND === 0) await killCluster()
        else await (kills % ROUND === STARTER_KILL ? killStarter() : killContainer())
      }
      for (const name of DECLARED) {
        await clusters.ok(`kubectl rollout status deployment/${name} --timeout=${RECOVERY_MS / 1_000}s`)
        await until(async () => (await page(name)).includes('<h1>Welcome</h1>'), `Service ${name} answers`)
      }
      expect(
        await clusters.ok("kubectl get deployments -o jsonpath='{.items[*].status.availableReplicas}'"),
      ).toBe('2 2')
    },
    CHAOS_MS + 2 * RECOVERY_MS,
  )
})

/** Whether a process is one of these clusters' Pods, and not another one that got its number. */
async function isOf({ env }: LocalClusters, pid: number): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  return environment.includes(`CLUSTER_PROXY_POD_ROOT=${env.XDG_DATA_HOME}/`)
}

/** Undefined where its parent is somebody else, who has taken over what was left behind. */
async function starterOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [, parent] = /^PPid:\s+(\d+)$/m.exec(status) ?? []
  const command = await readFile(`/proc/${parent}/cmdline`, 'utf8').catch(() => '')
  return command.includes('spawn-helper-process') ? Number(parent) : undefined
}
