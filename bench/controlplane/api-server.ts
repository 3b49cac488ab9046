import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readKubeconfig } from '../../src/kube/access/kubeconfig.ts'
import type { ClusterTls } from '../../src/kube/index.ts'
import { freePort } from '../../test/support/ports.ts'

const CLUSTER_PROXY = fileURLToPath(new URL('../../bin/cluster-proxy', import.meta.url))

/** A server under load, and who may do everything there. */
export interface ApiServer {
  readonly name: string
  readonly url: URL
  readonly tls: ClusterTls
  readonly headers: Readonly<Record<string, string>>
}

/** A server that runs already. */
export async function givenServer(kubeconfig: string): Promise<ApiServer> {
  const { server, tls, token } = await readKubeconfig([kubeconfig])
  return {
    name: path.basename(kubeconfig),
    url: server,
    tls,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  }
}

/** Our control plane in a process of its own, which can be stopped and started again on the same data. */
export class OwnServer {
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'bench-controlplane-'))
  readonly #flags: readonly string[]
  #process: ChildProcess | undefined
  #port = 0

  constructor(flags: readonly string[] = []) {
    this.#flags = flags
  }

  /** Resolves with the ms until it served. */
  async start(): Promise<number> {
    this.#port = await freePort()
    const startedAt = performance.now()
    const child = spawn(
      CLUSTER_PROXY,
      ['controlplane', '--data-dir', this.#data, '--secure-port', String(this.#port), ...this.#flags],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    this.#process = child
    return new Promise((resolve, reject) => {
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text) => {
        said = (said + text).slice(-10_000)
        if (/^export KUBECONFIG=/m.test(said)) resolve(performance.now() - startedAt)
      })
      child.once('error', reject)
      child.once('exit', () => reject(new Error(`the control plane ended:\n${said}`)))
    })
  }

  async server(): Promise<ApiServer> {
    const { tls } = await readKubeconfig([path.join(this.#data, 'admin.kubeconfig')])
    return { name: 'controlplane', url: new URL(`https://127.0.0.1:${this.#port}`), tls, headers: {} }
  }

  residentMiB(): number {
    const status = readFileSync(`/proc/${this.#process?.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
  }

  async stop(): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }

  async dispose(): Promise<void> {
    await this.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #data(): string {
    return path.join(this.#directory, 'data')
  }
}
