import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { LocalClusters } from '../../support/local-clusters.ts'
import { endProcesses, isAlive } from '../../support/processes.ts'
import { until } from '../../support/until.ts'

/** It says which processes are its own: two children, and a child of one of them. */
const FAMILY = `
apiVersion: v1
kind: Pod
metadata: {name: family}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: family
      image: busybox
      command: [sh, -c, 'sleep 3600 & echo $!; (sleep 3600 & echo $!; wait) & echo $!; wait']
`

const KEPT = `
apiVersion: v1
kind: Secret
metadata: {name: kept}
stringData: {word: sesame}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kept}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Mi}}
`

/** A disk of a size of our own needs a mount that nobody else sees. */
const hasOwnMounts =
  spawnSync('unshare', ['--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

describe.runIf(hasKubeClients())('the processes of a local cluster', () => {
  let clusters: LocalClusters

  beforeAll(async () => {
    clusters = await LocalClusters.create()
    await clusters.cluster('start hub --merge --host-image=busybox')
  })

  afterAll(async () => {
    await endProcesses()
    await clusters.dispose()
  })

  const refused = async (words: string) => {
    const { status, stderr } = await clusters.run(`cluster-proxy local-cluster ${words}`)
    expect(status).toBe(1)
    expect(stderr).not.toMatch(/^ +at /m)
    return stderr
  }
  const folderOf = (name: string) =>
    path.join(clusters.env.XDG_DATA_HOME ?? '', 'cluster-proxy/local-clusters', name)
  const pidOf = async (name: string): Promise<number> =>
    JSON.parse(await readFile(path.join(folderOf(name), 'run.json'), 'utf8')).pid
  const uidOf = () => clusters.ok("kubectl get pod family -o jsonpath='{.metadata.uid}'")

  /** All processes of the Pod, once they are there. */
  const family = async (context = 'kind-hub') => {
    let pids: number[] = []
    await until(async () => {
      const { stdout } = await clusters.run(`kubectl --context ${context} logs family`)
      pids = (stdout.match(/\d+/g) ?? []).map(Number)
      return pids.length === 3 && pids.every(isAlive)
    }, 'the Pod runs')
    return pids
  }
  const ended = (pids: readonly number[]) => until(() => !pids.some(isAlive), `${pids.join(', ')} have ended`)

  it('ends those of Pods when it is killed', async () => {
    await clusters.ok('kubectl apply -f -', { input: `${FAMILY}---${KEPT}` })
    const pids = await family()
    process.kill(await pidOf('hub'), 'SIGKILL')
    await ended(pids)
    expect(await clusters.cluster('list')).toMatch(/hub +Stopped/)
  })

  it('starts Pods anew with what was kept, and adopts nothing', async () => {
    await clusters.cluster('start hub --host-image=busybox')
    const uid = await uidOf()
    const pids = await family()
    expect(await clusters.ok("kubectl get secret kept -o jsonpath='{.data.word}'")).toBe('c2VzYW1l')
    expect(await clusters.ok('kubectl get pvc -o name')).toBe('persistentvolumeclaim/kept\n')
    expect(await clusters.cluster('stop hub')).toBe('hub stopped\n')
    await ended(pids)
    await clusters.cluster('start hub --host-image=busybox')
    expect(await family()).not.toEqual(pids)
    expect(await uidOf()).toBe(uid)
  })

  it('ends in the foreground by Ctrl-C, with all Pods', async () => {
    const foreground = clusters.spawn('cluster-proxy local-cluster run front --host-image=busybox', {
      job: true,
    })
    await foreground.said(/making node front-control-plane ready/)
    await until(
      async () =>
        (await clusters.run('cluster-proxy local-cluster kubeconfig front --merge')).status === 0 &&
        (await clusters.run('kubectl get serviceaccount default')).status === 0,
      'it serves',
    )
    await clusters.ok('kubectl apply -f -', { input: FAMILY })
    const pids = await family('kind-front')
    foreground.interrupt()
    expect((await foreground.exited).status).toBe(0)
    await ended(pids)
    await clusters.cluster('kubeconfig hub --merge')
    expect(await clusters.cluster('stop front')).toBe('front was not running\n')
  })

  it('takes its context out of the kubeconfig when it is deleted', async () => {
    const contexts = () => clusters.ok('kubectl config get-contexts -o name')
    expect(await contexts()).toBe('kind-front\nkind-hub\n')
    expect(await clusters.cluster('delete front')).toBe('front deleted\n')
    expect(await clusters.cluster('delete front')).toBe('front was not there\n')
    expect(await contexts()).toBe('kind-hub\n')
    expect(await clusters.ok('kubectl config current-context')).toBe('kind-hub\n')
  })

  it('is listed as JSON', async () => {
    const [hub, ...others] = await clusters.json<[Record<string, unknown>]>(
      'cluster-proxy local-cluster list -o json',
    )
    expect(others).toEqual([])
    expect(hub).toMatchObject({ name: 'hub', running: true, context: 'kind-hub', folder: folderOf('hub') })
    expect(await clusters.cluster('list -o name')).toBe('hub\n')
  })

  it('says that its port is taken', async () => {
    await clusters.cluster('start busy')
    const listed = await clusters.json<{ name: string; server: string }[]>(
      'cluster-proxy local-cluster list -o json',
    )
    const server = listed.find(({ name }) => name === 'busy')?.server ?? ''
    await clusters.cluster('stop busy')
    const { hostname, port } = new URL(server)
    const squatter = createServer().listen(Number(port), hostname)
    expect(await refused('start busy')).toMatch(new RegExp(`${port}.*(in use|taken)`, 'i'))
    await new Promise((resolve) => squatter.close(resolve))
    await clusters.cluster('start busy')
    await clusters.cluster('delete busy')
  })

  it.runIf(hasOwnMounts)('says that the disk is full', async () => {
    const disk = path.join(clusters.home, 'disk')
    await mkdir(disk)
    const { status, stderr } = await clusters.run(
      `unshare --map-root-user --mount sh -c 'mount -t tmpfs -o size=64k tmpfs ${disk} && cluster-proxy local-cluster start full --data-dir=${disk}'`,
    )
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^cluster-proxy local-cluster start: full: .*cannot .*no space left.*make some.* another (data )?directory/m, // whatever comes first
    )
  })

  it('goes on beside a cluster that is damaged, and deletes that', async () => {
    await mkdir(folderOf('odd'), { recursive: true })
    await writeFile(path.join(folderOf('odd'), 'cluster.json'), '{')
    expect(await refused('start odd')).toContain('is not JSON; to be rid of the cluster: ')
    expect(await clusters.run('cluster-proxy local-cluster list -o name')).toMatchObject({
      stdout: 'hub\n',
      stderr: 'odd is damaged; to be rid of it: cluster-proxy local-cluster delete odd\n',
    })
    expect(await clusters.cluster('delete odd')).toBe('odd deleted\n')
    expect(await clusters.run('cluster-proxy local-cluster list -o name')).toMatchObject({
      stdout: 'hub\n',
      stderr: '',
    })
  })
})
