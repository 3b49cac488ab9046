import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ControlPlaneProcess } from '../../support/control-plane-process.ts'
import { hasKubeClients } from '../../support/kube-clients.ts'
import { freePort } from '../../support/ports.ts'
import { CLUSTER_PROXY, endProcesses, run, TestProcess } from '../../support/processes.ts'

const READABLE_BY_OTHERS = 0o077

describe.runIf(hasKubeClients())('the control plane as a process', () => {
  let cluster: ControlPlaneProcess

  beforeAll(async () => {
    cluster = await ControlPlaneProcess.start()
  })

  afterAll(async () => {
    await endProcesses()
    await cluster.dispose()
  })

  it('says where its kubeconfig is, in a line for the shell', async () => {
    expect(cluster.process.stdout).toContain(`export KUBECONFIG=${cluster.kubeconfig}\n`)
    expect(await cluster.ok('kubectl get ns default -o name')).toBe('namespace/default\n')
  })

  it('keeps everything in its directory from others', async () => {
    expect((await stat(cluster.dataDir)).mode & READABLE_BY_OTHERS).toBe(0)
    expect((await stat(cluster.kubeconfig)).mode & READABLE_BY_OTHERS).toBe(0)
    const pki = path.join(cluster.dataDir, 'pki')
    const keys = (await readdir(pki)).filter((name) => name.endsWith('.key'))
    expect(keys.sort()).toEqual(['admin.key', 'apiserver.key', 'ca.key', 'sa.key'])
    for (const key of keys) expect((await stat(path.join(pki, key))).mode & READABLE_BY_OTHERS).toBe(0)
  })

  it('puts nothing secret into its log', async () => {
    await cluster.ok(
      'kubectl create serviceaccount whisperer; kubectl create secret generic word --from-literal=word=sesame',
    )
    const token = (await cluster.ok('kubectl create token whisperer')).trim()
    await cluster.run(`kubectl get secret word --token=${token}`)
    const config = await readFile(cluster.kubeconfig, 'utf8')
    const [, clientKey = ''] = /client-key-data: (\S+)/.exec(config) ?? []
    expect(clientKey).not.toBe('')
    for (const secret of [
      token,
      clientKey,
      'sesame',
      Buffer.from('sesame').toString('base64'),
      'PRIVATE KEY',
    ]) {
      expect(cluster.process.output).not.toContain(secret)
    }
  })

  it('has everything and goes on counting after a crash', async () => {
    const version = (name: string) =>
      cluster.ok(`kubectl get cm ${name} -o jsonpath='{.metadata.resourceVersion}'`)
    await cluster.ok('kubectl create configmap before --from-literal=a=b')
    const before = await cluster.ok('kubectl get cm before -o json --show-managed-fields')
    const token = (
      await cluster.ok('kubectl create serviceaccount keeper >&2; kubectl create token keeper')
    ).trim()
    await cluster.process.end()
    await cluster.restart()
    expect(await cluster.ok('kubectl get cm before -o json --show-managed-fields')).toBe(before)
    expect((await cluster.run(`kubectl auth whoami --token=${token}`)).status).toBe(0)
    await cluster.ok('kubectl create configmap after')
    expect(Number(await version('after'))).toBeGreaterThan(Number(await version('before')))
  })

  it('stops in order with a watch running, which then knows', async () => {
    const watch = cluster.spawn('kubectl get cm -w')
    await watch.said(/before/)
    cluster.process.kill('SIGTERM')
    expect(await cluster.process.exited).toEqual({ status: 0, signal: null })
    expect(cluster.process.log.at(-1)?.msg).toBe('stopped')
    await watch.exited
    await cluster.restart()
  })

  describe('started a second time', () => {
    it('refuses, and leaves the first alone', async () => {
      const kubeconfig = await readFile(cluster.kubeconfig, 'utf8')
      const second = await run(CLUSTER_PROXY, [
        'controlplane',
        `--data-dir=${cluster.dataDir}`,
        '--secure-port=0',
        '--external-hostname=elsewhere.example.com',
      ])
      expect(second.status).toBe(1)
      expect(second.stdout).toContain(
        `${cluster.dataDir} is in use by another control plane: stop that one, or choose another data directory`,
      )
      expect(await readFile(cluster.kubeconfig, 'utf8')).toBe(kubeconfig)
      expect(await cluster.ok('kubectl get --raw /readyz')).toBe('ok')
    })
  })

  describe('that cannot run', () => {
    const starting = (...flags: string[]) => run(CLUSTER_PROXY, ['controlplane', ...flags])

    it.each([
      ['--secure-port=99999', 'secure-port must be between 0 and 65535, got 99999'],
      ['--storage=etcd', '--storage must be one of sqlite, memory:, got "etcd"'],
      ['--securr-port=1', 'unknown flag: --securr-port'],
    ])('says what is wrong with %s', async (flag, message) => {
      const { status, stdout, stderr } = await starting(flag)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain(message)
    })

    it('says who has its port', async () => {
      const { status, stdout } = await starting(
        `--data-dir=${cluster.home}/second`,
        `--secure-port=${cluster.port}`,
      )
      expect(status).toBe(1)
      expect(stdout).toContain(
        `127.0.0.1:${cluster.port}: bind: address already in use (set by --secure-port)`,
      )
    })

    it.each(['/proc/nowhere/data', '/dev/null/data', '/dev/null'])(
      'says that %s cannot be its directory',
      async (directory) => {
        const { status, stdout } = await starting(`--data-dir=${directory}`, '--secure-port=0')
        expect(status).toBe(1)
        expect(stdout).toMatch(/give (a data directory|one) that this user may write to/)
      },
    )

    it('says that its data is not its own', async () => {
      const directory = path.join(cluster.home, 'foreign')
      await mkdir(directory)
      await writeFile(
        path.join(directory, 'controlplane.db'),
        'this is no database, though it is long enough for one'.repeat(100),
      )
      const { status, stdout } = await starting(`--data-dir=${directory}`, '--secure-port=0')
      expect(status).toBe(1)
      expect(stdout).toContain(`${directory}/controlplane.db`)
    })
  })

  describe('that keeps nothing', () => {
    let started: TestProcess | undefined
    const directory = () => path.join(cluster.home, 'forgetful')

    afterEach(async () => {
      await started?.end()
      await rm(directory(), { recursive: true, force: true })
    })

    it('serves from memory', async () => {
      started = TestProcess.start(CLUSTER_PROXY, [
        'controlplane',
        `--data-dir=${directory()}`,
        `--secure-port=${await freePort()}`,
        '--storage=memory:',
      ])
      await started.said(/^export KUBECONFIG=/m)
      const kubectl = `kubectl --kubeconfig=${directory()}/admin.kubeconfig`
      await cluster.ok(`${kubectl} create configmap fleeting`)
      expect(await readdir(directory())).not.toContain('controlplane.db')
    })
  })
})
