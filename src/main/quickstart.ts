import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { aborted } from '../common/aborted.ts'
import { boolFlag, type CommandSpec } from '../common/flags.ts'
import { KLOG_FLAGS, KLOG_GROUP, logLevelOf } from '../common/klog-flags.ts'
import { parseFlags } from '../common/parse-flags.ts'
import { shellWord } from '../common/shell-word.ts'
import { ROOT } from './quickstart/checkout.ts'
import type { ManagedProcess } from './quickstart/child-process.ts'
import { QuickstartClusters } from './quickstart/clusters.ts'
import { healthTable, isHealthy } from './quickstart/health-table.ts'
import { instructions } from './quickstart/instructions.ts'
import { commandLine, Terminal } from './quickstart/terminal.ts'
import { Tour } from './quickstart/tour.ts'
import { Tunnel } from './quickstart/tunnel.ts'
import { createWorkshop, type Workshop } from './quickstart/workshop.ts'
import type { ProcessConfig, ProcessDefinition } from './run-process.ts'

const HUB = 'hub'
const MANAGED = ['cluster1', 'cluster2'] as const

const QUICKSTART_FLAGS = {
  once: boolFlag(false, 'Exit after the table, with status 0 if every cluster is healthy.'),
} as const

const QUICKSTART_COMMAND: CommandSpec = {
  name: 'quickstart',
  description:
    'Starts a hub and two clusters on this machine, has the clusters join the hub, delivers work to one, and reaches the API servers of both by their names through a tunnel.',
  groups: [{ title: 'Quickstart', flags: QUICKSTART_FLAGS }, KLOG_GROUP],
}

interface QuickstartConfig extends ProcessConfig {
  readonly once: boolean
}

export const quickstartProcess: ProcessDefinition<QuickstartConfig> = {
  spec: QUICKSTART_COMMAND,
  interactive: true,
  parse: (argv, env, io) => {
    const { values, warnings } = parseFlags<typeof QUICKSTART_FLAGS & typeof KLOG_FLAGS>(
      QUICKSTART_COMMAND,
      argv,
      env,
      io,
    )
    // What it shows is for people; logs join in only when asked for.
    const logLevel = values.v > KLOG_FLAGS.v.defaultValue ? logLevelOf(values.v) : 'warn'
    return { once: values.once, logLevel, warnings }
  },
  async run({ once }, { signal }) {
    const workshop = await createWorkshop()
    const quickstart = new Quickstart(workshop, signal)
    try {
      await quickstart.show(once)
    } catch (error) {
      // Ctrl-C goes to every process of the terminal, and ends those that still load. Their end may be noticed first: libuv looks at
      // signals last in a turn, and at one that came while it looked in the next.
      await nextTurn()
      await nextTurn()
      if (!signal.aborted) throw error
    } finally {
      await quickstart.stop()
      await workshop.remove()
    }
  },
}

/** The processes of one run, and what is shown with them. */
class Quickstart {
  readonly #workshop: Workshop
  readonly #clusters: QuickstartClusters
  readonly #terminal: Terminal
  readonly #stopped: AbortSignal
  readonly #processes: ManagedProcess[] = []
  /** Rejects when a process ends that should not. */
  readonly #failure = Promise.withResolvers<never>()
  readonly #ending = new AbortController()

  constructor(workshop: Workshop, stopped: AbortSignal) {
    this.#workshop = workshop
    this.#clusters = new QuickstartClusters(workshop.dir)
    this.#terminal = new Terminal(process.stdout, { ...process.env, KUBECONFIG: this.#clusters.kubeconfig })
    this.#stopped = stopped
    this.#failure.promise.catch(() => {}) // looked at where it matters
  }

  async show(once: boolean): Promise<void> {
    const terminal = this.#terminal
    const { dir } = this.#workshop
    terminal.say('Every command below can be repeated in a second terminal, after:\n')
    terminal.show(
      `export KUBECONFIG=${shellWord(this.#clusters.kubeconfig)} PATH=${shellWord(path.join(ROOT, 'bin'))}:$PATH`,
    )
    await this.#unlessStopped(this.#startClusters())
    const endpoints = await Promise.all(MANAGED.map((name) => this.#clusters.endpointOf(name)))
    const tunnel = await Tunnel.start(this.#workshop, endpoints, (child) => this.#watch(child))
    await this.#unlessStopped(this.#tour())

    const health = await this.#unlessStopped(tunnel.health(this.#signal))
    terminal.say(
      `\nThe API servers of both clusters, as the hub sees them through the tunnel:\n\n${healthTable(health)}\n`,
    )
    if (once) {
      if (!health.every(isHealthy)) throw new Error('not every cluster is healthy')
      return
    }
    const { frontend } = this.#workshop
    const { proxyPort } = tunnel
    terminal.say(instructions({ root: ROOT, node: process.execPath, proxyPort, frontend, endpoints, dir }))
    await this.#unlessStopped(aborted(this.#stopped)).catch((error) => {
      if (!this.#stopped.aborted) throw error
    })
    terminal.say('\nStopping ...')
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await Promise.all(this.#processes.map((child) => child.stop()))
  }

  get #signal(): AbortSignal {
    return AbortSignal.any([this.#stopped, this.#ending.signal])
  }

  /** Rejects when one of our processes ends, or we are told to. */
  async #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const stopped = aborted(this.#stopped).then(() => Promise.reject(this.#stopped.reason))
    return Promise.race([work, this.#failure.promise, stopped])
  }

  #watch(child: ManagedProcess): ManagedProcess {
    this.#processes.push(child)
    child.failed(this.#ending.signal).catch((error) => {
      if (!this.#ending.signal.aborted) this.#failure.reject(error)
    })
    return child
  }

  async #startClusters(): Promise<void> {
    const names = [HUB, ...MANAGED]
    await Promise.all(
      names.map((name) => {
        this.#terminal.show(
          `${commandLine({ program: 'cluster-proxy', args: this.#clusters.argumentsFor(name) })} &`,
        )
        return this.#clusters.ready(this.#watch(this.#clusters.start(name)), this.#signal)
      }),
    )
    await this.#clusters.merge(names)
  }

  async #tour(): Promise<void> {
    const components = { terminal: this.#terminal, clusters: this.#clusters, dir: this.#workshop.dir }
    const tour = new Tour(components, this.#signal)
    await tour.startControlPlane(HUB)
    await tour.join(HUB, MANAGED)
    await tour.deliverWork(HUB, MANAGED[0])
  }
}
