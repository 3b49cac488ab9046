import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Outcome } from './control-plane-process.ts'
import { KUBE_CLIENTS_DIRECTORY } from './kube-clients.ts'
import { CLUSTER_PROXY, run, type StartOptions, TestProcess } from './processes.ts'

/** Local clusters in a folder of their own, and a person with a shell, kubectl, helm and a home directory beside them. */
export class LocalClusters {
  readonly home: string
  readonly #directory: string

  static async create(): Promise<LocalClusters> {
    const clusters = new LocalClusters(await mkdtemp(path.join(os.tmpdir(), 'local-clusters-')))
    await mkdir(clusters.home)
    return clusters
  }

  private constructor(directory: string) {
    this.#directory = directory
    this.home = path.join(directory, 'home')
  }

  /** What a shell needs for the person's commands; `kubectl` means the current context of ~/.kube/config. */
  get env(): Record<string, string> {
    return {
      PATH: `${KUBE_CLIENTS_DIRECTORY}:${path.dirname(CLUSTER_PROXY)}:${process.env.PATH}`,
      HOME: this.home,
      XDG_DATA_HOME: path.join(this.#directory, 'xdg'),
      KUBERC: 'off',
    }
  }

  /** Runs a shell command to its end. */
  async run(command: string, options: StartOptions = {}): Promise<Outcome> {
    const { status, stdout, stderr } = await run('/bin/sh', ['-c', command], this.#inShell(options))
    return { status, stdout, stderr }
  }

  /** What a shell command writes. Throws when it fails. */
  async ok(command: string, options?: StartOptions): Promise<string> {
    const { status, stdout, stderr } = await this.run(command, options)
    if (status !== 0) throw new Error(`${command}\nended with status ${status}:\n${stdout}${stderr}`)
    return stdout
  }

  async json<T = never>(command: string): Promise<T> {
    return JSON.parse(await this.ok(command)) as T
  }

  /** Starts a shell command that goes on, such as a watch. */
  spawn(command: string, options: StartOptions = {}): TestProcess {
    return TestProcess.startCommandLine(command, [], this.#inShell(options))
  }

  /** `cluster-proxy local-cluster <words>` */
  cluster(words: string): Promise<string> {
    return this.ok(`cluster-proxy local-cluster ${words}`)
  }

  /** Ends what is left, and removes all that was kept. */
  async dispose(): Promise<void> {
    await this.cluster('delete --all')
    await rm(this.#directory, { recursive: true, force: true })
  }

  #inShell(options: StartOptions): StartOptions {
    return { input: '', cwd: this.home, ...options, env: { ...this.env, ...options.env } }
  }
}
