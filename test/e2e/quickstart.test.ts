import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { CLUSTER_PROXY, endProcesses, hasCurl, isAlive, run, TestProcess } from '../support/processes.ts'
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
  readonly childPids: readonly number[]

  static async start(): Promise<Quickstart> {
    const shown = TestProcess.start(CLUSTER_PROXY, ['quickstart'], { job: true, alone: true })
    const [, dir = ''] = await shown.said(/^Logs are in (\S+)\. Ctrl-C stops everything\.$/m)
    const logs = (await readdir(dir)).filter((name) => name.endsWith('.log'))
    const pids = logs.map(async (name) => {
      const [line = ''] = (await readFile(path.join(dir, name), 'utf8')).split('\n')
      return JSON.parse(line).pid as number
    })
    return new Quickstart(shown, dir, await Promise.all(pids))
  }

  constructor(process: TestProcess, dir: string, childPids: readonly number[]) {
    this.process = process
    this.dir = dir
    this.childPids = childPids
  }

  /** A part of the instructions, up to the next empty line behind `end`. */
  commandFrom(start: string, end: string): string {
    const text = this.process.stdout
    const from = text.indexOf(`\n${start}`) + 1
    return text.slice(from, text.indexOf(end, from) + end.length)
  }

  childrenAlive(): number {
    return this.childPids.filter(isAlive).length
  }
}

describe('the quickstart', () => {
  it('shows a table of healthy clusters, and ends', async () => {
    const { stdout, ...exit } = await run(CLUSTER_PROXY, ['quickstart', '--once'])
    expect(exit).toEqual({ status: 0, signal: null, stderr: '' })
    expect(stdout).toMatch(TABLE)
  })

  it('gives instructions that work as they stand, until Ctrl-C', async () => {
    const quickstart = await Quickstart.start()
    expect(quickstart.process.stdout).toMatch(TABLE)
    expect(quickstart.childPids).toHaveLength(3)

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
    expect(quickstart.childrenAlive()).toBe(0)
    expect(existsSync(quickstart.dir)).toBe(false)
  })

  it('takes its processes along when it is killed', async () => {
    const quickstart = await Quickstart.start()
    expect(quickstart.childrenAlive()).toBe(3)
    expect(await quickstart.process.end()).toEqual({ status: null, signal: 'SIGKILL' })
    await until(() => quickstart.childrenAlive() === 0, 'its processes have ended by themselves')
    expect(existsSync(quickstart.dir)).toBe(true)
    await run(CLUSTER_PROXY, ['quickstart', '--once'])
    expect(existsSync(quickstart.dir), 'the next run has removed its keys').toBe(false)
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

  it('leaves the folder of a run alone that is alive', async () => {
    const quickstart = await Quickstart.start()
    await run(CLUSTER_PROXY, ['quickstart', '--once'])
    expect(existsSync(quickstart.dir)).toBe(true)
  })

  it('stops in order when its terminal is closed', async () => {
    const quickstart = await Quickstart.start()
    quickstart.process.kill('SIGHUP')
    expect(await quickstart.process.exited).toEqual({ status: 0, signal: null })
    expect(quickstart.childrenAlive()).toBe(0)
    expect(existsSync(quickstart.dir)).toBe(false)
  })

  it('does not take it for a failure that Ctrl-C ends its processes while they load', async () => {
    const TMPDIR = await mkdtemp(path.join(tmpdir(), 'quickstart-test-'))
    try {
      const shown = TestProcess.start(CLUSTER_PROXY, ['quickstart'], {
        job: true,
        alone: true,
        env: { TMPDIR },
      })
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
    const [victim] = quickstart.childPids as [number]
    process.kill(victim, 'SIGKILL')
    expect(await quickstart.process.exited).toEqual({ status: 1, signal: null })
    const { stdout, stderr } = quickstart.process
    expect(stderr).toMatch(
      /^cluster-proxy quickstart: proxy-agent-cluster1 ended by itself \(SIGKILL\); its log ends:\n/,
    )
    expect(stderr).not.toMatch(/\n +at /)
    expect(stdout).not.toContain('"failed"')
    expect(quickstart.childrenAlive()).toBe(0)
  })
})
