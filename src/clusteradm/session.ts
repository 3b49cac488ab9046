import { LONGEST_TIMER_MS } from '../common/duration.ts'
import type { Logger } from '../common/log.ts'
import { type ClusterAccess, findAccess, KubeClient, type ReadAccess } from '../kube/client.ts'
import type { GlobalFlags } from './command-line/command.ts'
import { Progress } from './progress.ts'
import { requireKubeconfig } from './require-kubeconfig.ts'
import type { Terminal } from './terminal.ts'

/** As the original, without a limit of its own that would slow down a person. */
const CLIENT_OPTIONS = { qps: -1, userAgent: 'clusteradm', retries: 3 } as const

/** How long a server may take to answer, where `--timeout` does not say less. */
const ANSWER_TIMEOUT_MS = 30_000
const LEAST_TIMEOUT_MS = 1000

/**
 * What one run of a command has to work with: the terminal, what all commands were told, and the cluster of the kubeconfig.
 * Owns the clients that it makes: `close` ends them.
 */
export class Session {
  readonly terminal: Terminal
  readonly globals: GlobalFlags
  readonly log: Logger
  readonly progress: Progress
  readonly #clients: KubeClient[] = []
  readonly #readAccess: ReadAccess
  #cluster: KubeClient | undefined
  #hasWritten = false

  constructor(terminal: Terminal, globals: GlobalFlags, log: Logger) {
    this.terminal = terminal
    this.globals = globals
    this.log = log
    this.progress = new Progress(terminal)
    const { kubeconfig, context } = globals
    const { env, signal } = terminal
    const found = findAccess({ env, signal, kubeconfig, ...(context !== '' && { context }) })
    const readAccess = async () => {
      await requireKubeconfig(terminal, kubeconfig)
      return found()
    }
    this.#readAccess = Object.assign(readAccess, { forget: found.forget })
  }

  get signal(): AbortSignal {
    return this.terminal.signal
  }

  get timeoutMs(): number {
    return Math.min(this.globals.timeout * 1000, LONGEST_TIMER_MS)
  }

  /** Whether a server was asked to change something. */
  get hasWritten(): boolean {
    return this.#hasWritten
  }

  get dryRun(): boolean {
    return this.globals.dryRun
  }

  /** One line of the result. */
  readonly print = (line: string): void => this.terminal.writeOut(`${line}\n`)

  warn(line: string): void {
    this.terminal.writeError(`${line}\n`)
  }

  /** That nothing will be changed, as the original says it. */
  announceDryRun(): void {
    if (this.dryRun) this.warn('clusteradm is running in dry-run mode')
  }

  /** The cluster that the kubeconfig and its context name. */
  get cluster(): KubeClient {
    this.#cluster ??= this.clientFor(this.#readAccess)
    return this.#cluster
  }

  /** Where that cluster is. Rejects with a ConfigError. */
  readonly access = (): Promise<ClusterAccess> => this.#readAccess()

  /** A client for another cluster, which ends with the session. */
  clientFor(readAccess: ReadAccess): KubeClient {
    const timeoutMs = Math.min(ANSWER_TIMEOUT_MS, Math.max(this.timeoutMs, LEAST_TIMEOUT_MS))
    const metrics = {
      observeRequest: (method: string) => {
        this.#hasWritten ||= method !== 'GET'
      },
    }
    const client = new KubeClient({ readAccess, log: this.log, metrics }, { ...CLIENT_OPTIONS, timeoutMs })
    this.#clients.push(client)
    return client
  }

  async close(): Promise<void> {
    this.progress.stop()
    await Promise.all(this.#clients.map((client) => client.stop()))
  }
}

/** As it stands in a kubeconfig: without the slash that a URL without a path is given. */
export function serverText({ server }: Pick<ClusterAccess, 'server'>): string {
  return server.pathname === '/' ? server.href.replace(/\/$/, '') : server.href
}
