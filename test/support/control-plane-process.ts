import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { KUBE_CLIENTS_DIRECTORY } from './kube-clients.ts'
import { freePort } from './ports.ts'
import { CLUSTER_PROXY, run, type StartOptions, TestProcess } from './processes.ts'

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ControlPlaneProcessOptions {
  readonly flags?: readonly string[]
}

/** A control plane in a process of its own, and a person beside it with a shell, kubectl, helm and a home directory. */
export class ControlPlaneProcess {
  readonly dataDir: string
  readonly port: number
  /** For files of the person's; where the shell is. */
  readonly home: string
  readonly #directory: string
  readonly #flags: readonly string[]
  #process: TestProcess

  /** Resolves when it serves. */
  static async start({ flags = [] }: ControlPlaneProcessOptions = {}): Promise<ControlPlaneProcess> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'controlplane-'))
    const cluster = new ControlPlaneProcess(directory, await freePort(), flags)
    await mkdir(cluster.home)
    await cluster.ready()
    return cluster
  }

  private constructor(directory: string, port: number, flags: readonly string[]) {
    this.#directory = directory
    this.#flags = flags
    this.dataDir = path.join(directory, 'data')
    this.home = path.join(directory, 'home')
    this.port = port
    this.#process = this.#start()
  }

  get process(): TestProcess {
    return this.#process
  }

  get kubeconfig(): string {
    return path.join(this.dataDir, 'admin.kubeconfig')
  }

  /** What a shell needs for the person's commands to mean this control plane. */
  get env(): Record<string, string> {
    return {
      PATH: `${KUBE_CLIENTS_DIRECTORY}:${process.env.PATH}`,
      HOME: this.home,
      KUBECONFIG: this.kubeconfig,
      KUBERC: 'off',
    }
  }

  async ready(): Promise<void> {
    await this.#process.said(/^export KUBECONFIG=/m)
  }

  /** Starts it again, as it was, once it has ended. */
  async restart(): Promise<void> {
    await this.#process.exited
    this.#process = this.#start()
    await this.ready()
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

  /** What a command writes as JSON. */
  async json<T = never>(command: string): Promise<T> {
    return JSON.parse(await this.ok(command)) as T
  }

  /** Starts a shell command that goes on, such as a watch. */
  spawn(command: string, options: StartOptions = {}): TestProcess {
    return TestProcess.startCommandLine(command, [], this.#inShell(options))
  }

  /** Ends it as a crash would, and removes all that it has kept. */
  async dispose(): Promise<void> {
    await this.#process.end()
    await rm(this.#directory, { recursive: true, force: true })
  }

  #start(): TestProcess {
    const flags = [`--data-dir=${this.dataDir}`, `--secure-port=${this.port}`, ...this.#flags]
    return TestProcess.start(CLUSTER_PROXY, ['controlplane', ...flags])
  }

  #inShell(options: StartOptions): StartOptions {
    return { input: '', cwd: this.home, ...options, env: { ...this.env, ...options.env } }
  }
}
