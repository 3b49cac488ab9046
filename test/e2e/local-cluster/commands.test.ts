import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LocalClusters } from '../../support/local-clusters.ts'
import { until } from '../../support/until.ts'

interface Listed {
  readonly name: string
  readonly running: boolean
  readonly server: string
  readonly folder: string
}

describe('the commands of local clusters', () => {
  let clusters: LocalClusters

  beforeAll(async () => {
    clusters = await LocalClusters.create()
    await clusters.cluster('start hub')
  })
  afterAll(() => clusters.dispose())

  const run = (words: string) => clusters.run(`cluster-proxy local-cluster ${words}`)
  const list = () => clusters.json<Listed[]>('cluster-proxy local-cluster list -o json')
  /** Of a cluster that stands still while it starts: its process. */
  const stoppedStart = async (name: string): Promise<number> => {
    await clusters.cluster(`start ${name} --wait=0`)
    const folder = path.join(clusters.env.XDG_DATA_HOME ?? '', 'cluster-proxy', 'local-clusters', name)
    const written = async () => JSON.parse(await readFile(path.join(folder, 'run.json'), 'utf8'))
    const { pid } = await written()
    process.kill(pid, 'SIGSTOP')
    expect((await written()).isReady).toBe(false)
    return pid
  }

  it('leave a cluster alone that is running', async () => {
    expect(await clusters.cluster('start hub')).toMatch(/^hub {2}is running\n/)
  })

  it('tell that images are settled when a cluster starts', async () => {
    expect(await clusters.cluster('start hub --web-image=nginx --host-image=busybox,alpine')).toMatch(
      /^hub {2}is running, as it was started: for busybox, alpine, nginx, stop it and start it again\n/,
    )
  })

  it('refuse to run a cluster twice', async () => {
    const { status, stdout } = await run('run hub')
    expect(status).toBe(1)
    expect(stdout).toMatch(
      /"cluster hub is running already, as process \d+; end it by: cluster-proxy local-cluster stop hub"/,
    )
    expect(await list()).toMatchObject([{ name: 'hub', running: true }])
  })

  it('keep the port of a cluster', async () => {
    await clusters.cluster('stop hub')
    const [before] = await list()
    expect(before?.running).toBe(false)
    expect(await run('start hub --port=1')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('since it was made: leave --port away, or delete it and start it anew'),
    })
    await clusters.cluster('start hub')
    expect(await list()).toEqual([{ ...before, running: true, ready: true }])
  })

  it('give clusters of another folder other addresses', async () => {
    const folder = path.join(clusters.home, 'other')
    await mkdir(folder)
    await clusters.cluster(`start hub --data-dir=${folder}`)
    const other = await clusters.json<Listed[]>(
      `cluster-proxy local-cluster list -o json --data-dir=${folder}`,
    )
    await clusters.cluster(`delete hub --data-dir=${folder}`)
    expect(other[0]?.server).not.toBe((await list())[0]?.server)
  })

  it('begin to start a cluster without waiting for it', async () => {
    await clusters.cluster('start eager --wait=0')
    expect((await list()).find(({ name }) => name === 'eager')?.running).toBe(true)
    await clusters.cluster('delete eager')
  })

  it('start a cluster once, however many start it', async () => {
    for (const { status, stdout, stderr } of await Promise.all([1, 2, 3].map(() => run('start twin')))) {
      expect(status, stderr).toBe(0)
      expect(stdout).toMatch(/^twin {2}(ready in |is running$)/m)
    }
    await clusters.cluster('delete twin')
  })

  it('wait for a cluster that somebody else is starting', async () => {
    const pid = await stoppedStart('slow')
    expect(await run('start slow --wait=1ms')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not ready within 0.001 s, and still starting'),
    })
    expect(await clusters.cluster('start slow --wait=0')).toContain(`is being started by process ${pid}\n`)
    expect(await clusters.cluster('list')).toMatch(/^slow +Starting +https/m)
    const start = clusters.spawn('cluster-proxy local-cluster start slow --web-image=nginx --merge')
    await start.said(new RegExp(`^slow {2}is being started by process ${pid}: waiting for it$`, 'm'))
    process.kill(pid, 'SIGCONT')
    expect((await start.exited).status, start.stderr).toBe(0)
    expect(start.stdout).toMatch(/^slow {2}is running, as it was started: for nginx, .*\nslow {2}ready in /m)
    await clusters.cluster('delete slow')
  })

  it('end with the start that they wait for', async () => {
    const pid = await stoppedStart('broken')
    const start = clusters.spawn('cluster-proxy local-cluster start broken')
    await start.said(/is being started by process/)
    process.kill(pid, 'SIGKILL')
    expect((await start.exited).status).toBe(1)
    expect(start.stderr).toContain('broken: the process that was starting it ended; the log ')
    await clusters.cluster('delete broken')
  })

  it('leave the original alone when a copy is deleted', async () => {
    const [original] = await list()
    const copies = path.join(clusters.home, 'copies')
    await clusters.ok(
      `mkdir ${copies} && cp -r ${original?.folder} ${copies}/copy && cp -r ${original?.folder} ${copies}/hub`,
    )
    expect(await clusters.cluster(`stop hub --data-dir=${copies}`)).toBe('hub was not running\n')
    const deleted = await clusters.cluster(`delete copy hub --data-dir=${copies}`)
    expect(deleted.trim().split('\n').toSorted()).toEqual(['copy deleted', 'hub deleted'])
    expect(await list()).toMatchObject([{ name: 'hub', running: true }])
  })

  it('delete a cluster whose process has but begun to load', async () => {
    const start = clusters.spawn('cluster-proxy local-cluster start doomed')
    await until(async () => (await list()).some(({ name }) => name === 'doomed'), 'it is known')
    await clusters.cluster('delete doomed')
    expect((await start.exited).status).toBe(1)
    expect((await list()).map(({ name }) => name)).toEqual(['hub'])
  })

  it('say which cluster remembers a port that is taken', async () => {
    await clusters.cluster('start busy --wait=0')
    await clusters.cluster('stop busy')
    const server = new URL((await list()).find(({ name }) => name === 'busy')?.server ?? '')
    const program = createServer().listen({ host: server.hostname, port: Number(server.port) })
    await once(program, 'listening')
    const { status, stderr } = await run('start busy')
    program.close()
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /busy: listen tcp \S+: bind: address already in use \(set by \S+\/busy\/cluster\.json\); cluster busy keeps port \d+ since it was made: end the program that listens there, or delete it and start it anew with another --port/,
    )
    await clusters.cluster('delete busy')
  })

  it('wait no longer than they are told to', async () => {
    expect(await run('start late --wait=1ms')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /: late: not ready within 0\.001 s, and still starting; its log is \S+\/late\/cluster\.log\n/,
      ),
    })
    await until(
      async () => (await list()).some(({ name, running }) => name === 'late' && running),
      'it is running',
    )
    await clusters.cluster('delete late')
  })

  it('stop a start that is interrupted', async () => {
    const start = clusters.spawn('cluster-proxy local-cluster start broken', { job: true })
    await start.said(/opening/)
    start.interrupt()
    expect((await start.exited).status).toBe(1)
    expect(start.stderr).toContain('broken: interrupted')
    await until(
      async () => (await list()).every(({ name, running }) => name !== 'broken' || !running),
      'it is not running',
    )
    await clusters.cluster('delete broken')
  })

  it.each([
    ['stop nobody', 'no cluster "nobody" in'],
    ['kubeconfig nobody', 'there are hub'],
    ['stop', 'NAME is missing; --all takes all clusters'],
    ['delete hub --all', 'give names or --all, not both'],
    ['start Hub', '"Hub" cannot be a cluster\'s name'],
    ['start one two --port=7000', '--port is for one cluster, and there are several names'],
    ['list -o yaml', '--output must be one of name, json, table, got "yaml"'],
    ['starts', 'unknown command "starts" (did you mean "start"?)'],
  ])('say what is wrong with: %s', async (words, message) => {
    const { status, stdout, stderr } = await run(words)
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
  })

  it('delete what is not there without complaint', async () => {
    expect(await clusters.cluster('delete nobody')).toBe('nobody was not there\n')
  })
})
