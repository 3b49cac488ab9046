import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { CLUSTER_PROXY, endProcesses, hasCurl, run, TestProcess } from '../support/processes.ts'
import { until } from '../support/until.ts'

afterEach(endProcesses)

const TABLE = new RegExp(
  [
    '^CLUSTER NAME {4}INSTALLED {4}AVAILABLE {4}PROBED HEALTH {4}LATENCY$',
    '^cluster1 {8}True {9}True {9}True {13}\\d+\\.\\d+ms$',
    '^cluster2 {8}True {9}True {9}True {13}\\d+\\.\\d+ms$',
  ].join('\n'),
  'm',
)

/** The quickstart of somebody who reads what it says, and the processes that it has started. */
class Quickstart {
  readonly process: TestProcess
  readonly dir: string

  /** Resolves as soon as it has a folder. */
  static async start(env: Record<string, string> = {}): Promise<Quickstart> {
    const shown = TestProcess.start(CLUSTER_PROXY, ['quickstart'], { job: true, alone: true, env })
    const [, dir = ''] = await shown.said(/^\$ export KUBECONFIG=(\S+)\/kubeconfig PATH=/m)
    return new Quickstart(shown, dir)
  }

  constructor(process: TestProcess, dir: string) {
    this.process = process
    this.dir = dir
  }

  /** Its clusters are there, and the first of its commands is run. */
  async hasClusters(): Promise<void> {
    await this.process.said(/^\$ clusteradm init /m)
  }

  /** A part of the instructions, up to the next empty line behind `end`. */
  commandFrom(start: string, end: string): string {
    const text = this.process.stdout
    const from = text.indexOf(`\n${start}`) + 1
    return text.slice(from, text.indexOf(end, from) + end.length)
  }

  async childNamed(...words: string[]): Promise<number> {
    for (const pid of await this.childrenAlive()) {
      const line = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
      if (words.every((word) => line.includes(word))) return pid
    }
    throw new Error(`there is no ${words.join(' ')}`)
  }

  /** Clusters, their Pods and the tunnel: all have the folder in their command line or environment. */
  async childrenAlive(): Promise<number[]> {
    const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== this.process.pid)
    const all = await Promise.all(pids.map(async (pid) => ((await mentions(pid, this.dir)) ? [pid] : [])))
    return all.flat()
  }
}

async function mentions(pid: number, text: string): Promise<boolean> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '') // it has ended
  return (await Promise.all([read('cmdline'), read('environ')])).some((each) => each.includes(text))
}

/** What the commands of the tour have to show, in this order. */
const TOUR = [
  /^\$ clusteradm init --wait --context kind-hub$/,
  /The multicluster hub control plane has been initialized successfully!/,
  /^\$ clusteradm join --hub-token-file=\S+ .*--cluster-name=cluster\d --wait --context kind-cluster\d$/,
  /^\$ clusteradm accept --clusters=cluster1,cluster2 --wait --context kind-hub$/,
  /^\$ kubectl --context kind-hub get managedclusters$/,
  /^ {2}NAME {6,}HUB ACCEPTED +MANAGED CLUSTER URLS +JOINED +AVAILABLE +AGE$/,
  /^ {2}cluster1 +true +https:\S+ +True +True +\d+s$/,
  /^ {2}cluster2 +true +https:\S+ +True +True +\d+s$/,
  /^\$ clusteradm create work mw-01 -f \S+ --clusters=cluster1 --context kind-hub$/,
  /^\$ kubectl --context kind-cluster1 get pods$/,
  /^ {2}hello +1\/1 +Running +0 +\d+s$/,
]

describe('the quickstart', { timeout: 120_000 }, () => {
  it('shows a hub, its clusters and the tunnel, and gives instructions that work until Ctrl-C', async () => {
    const quickstart = await Quickstart.start()
    await quickstart.process.said(/^Logs are in (\S+)\. Ctrl-C stops everything\.$/m, 100_000)
    const lines = quickstart.process.stdout.split('\n')
    for (const expected of TOUR) {
      const found = lines.findIndex((line) => expected.test(line))
      expect(found, `${expected} is shown`).toBeGreaterThanOrEqual(0)
      lines.splice(0, found + 1)
    }
    expect(quickstart.process.stdout).toMatch(TABLE)

    const curl = quickstart.commandFrom('curl --proxy ', '/healthz\n')
    if (hasCurl) {
      const viaCurl = await run('/bin/sh', ['-c', curl], { cwd: '/', input: '' })
      expect(viaCurl).toMatchObject({ status: 0, stdout: 'ok' })
    }
    const script = quickstart.commandFrom('/', '\nEOF\n')
    expect(script).toContain(`--input-type=module <<'EOF'`)
    const viaSdk = await run('/bin/sh', ['-c', script], { cwd: '/', input: '' })
    expect(viaSdk).toMatchObject({ status: 0, stdout: '200 ok\n', stderr: '' })

    quickstart.process.interrupt()
    expect(await quickstart.process.exited).toEqual({ status: 0, signal: null })
    expect(quickstart.process.stdout).toMatch(/\nStopping \.\.\.\n$/)
    expect(quickstart.process.stderr).toBe('')
    expect(await quickstart.childrenAlive()).toEqual([])
    expect(existsSync(quickstart.dir)).toBe(false)
  })

  it('takes its processes along when it is killed; the next one removes its keys, and ends by itself', async () => {
    const quickstart = await Quickstart.start()
    await quickstart.hasClusters()
    expect((await quickstart.childrenAlive()).length).toBeGreaterThanOrEqual(3)
    expect(await quickstart.process.end()).toEqual({ status: null, signal: 'SIGKILL' })
    await until(
      async () => (await quickstart.childrenAlive()).length === 0,
      'its processes have ended by themselves',
    )
    expect(existsSync(quickstart.dir)).toBe(true)

    const { stdout, ...exit } = await run(CLUSTER_PROXY, ['quickstart', '--once'])
    expect(exit).toEqual({ status: 0, signal: null, stderr: '' })
    expect(stdout).toMatch(TABLE)
    expect(existsSync(quickstart.dir)).toBe(false)
  })

  it('leaves nothing behind when it cannot begin', async () => {
    const TMPDIR = await mkdtemp(path.join(tmpdir(), 'quickstart-test-'))
    try {
      const command = 'ulimit -f 1 && exec "$0" quickstart' // blocks of 512 bytes, which no key fits into
      const { status, stderr } = await run('/bin/sh', ['-c', command, CLUSTER_PROXY], { env: { TMPDIR } })
      expect({ status, stderr }).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/cannot write credentials .* EFBIG/),
      })
      expect(await readdir(TMPDIR)).toEqual([])
    } finally {
      await rm(TMPDIR, { recursive: true, force: true })
    }
  })

  it('stops in order when its terminal is closed, and leaves the folder of another one alone', async () => {
    const quickstart = await Quickstart.start()
    const other = await Quickstart.start()
    expect(existsSync(quickstart.dir)).toBe(true)
    for (const each of [quickstart, other]) {
      each.process.kill('SIGHUP')
      expect(await each.process.exited).toEqual({ status: 0, signal: null })
      expect(await each.childrenAlive()).toEqual([])
      expect(existsSync(each.dir)).toBe(false)
    }
  })

  it('does not take it for a failure that Ctrl-C ends its processes while they load', async () => {
    const TMPDIR = await mkdtemp(path.join(tmpdir(), 'quickstart-test-'))
    try {
      const { process: shown } = await Quickstart.start({ TMPDIR })
      const files = () => readdir(TMPDIR, { recursive: true })
      await until(async () => (await files()).some((name) => name.endsWith('.log')), 'a process is started')
      shown.interrupt()
      expect(await shown.exited).toEqual({ status: 0, signal: null })
      expect(shown.stderr).toBe('')
      expect(await readdir(TMPDIR)).toEqual([])
    } finally {
      await rm(TMPDIR, { recursive: true, force: true })
    }
  })

  it('ends when one of its processes does, and tells which', async () => {
    const quickstart = await Quickstart.start()
    await quickstart.hasClusters()
    process.kill(await quickstart.childNamed('local-cluster', 'run', 'cluster1'), 'SIGKILL')
    expect(await quickstart.process.exited).toEqual({ status: 1, signal: null })
    const { stdout, stderr } = quickstart.process
    expect(stderr).toMatch(/^cluster-proxy quickstart: cluster1 ended by itself \(SIGKILL\); its log /)
    expect(stderr).not.toMatch(/\n +at /)
    expect(stdout).not.toContain('"failed"')
    expect(await quickstart.childrenAlive()).toEqual([])
  })
})
