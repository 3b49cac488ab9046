import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { silentLogger } from '../../../src/common/log.ts'
import { systemClock } from '../../../src/kube/index.ts'
import {
  ContainerLog,
  ContainerProcess,
  type ContainerProcessOptions,
  type LogSelection,
  type MemoryGroup,
  ProcessSpawner,
  readLog,
} from '../../../src/local-cluster/containers/index.ts'

type StartOptions = Partial<ContainerProcessOptions> & {
  readonly env?: Record<string, string>
  readonly memory?: MemoryGroup
}

/** A folder for containers, all of which have ended when it is closed. */
export class ContainersBench {
  readonly folder: string
  readonly spawner: ProcessSpawner
  readonly #running = new Set<ContainerProcess>()

  static async open(): Promise<ContainersBench> {
    return new ContainersBench(await mkdtemp(path.join(os.tmpdir(), 'containers-')))
  }

  private constructor(folder: string) {
    this.folder = folder
    this.spawner = new ProcessSpawner({ log: silentLogger }, { folder: path.join(folder, 'pipes') })
  }

  get logFile(): string {
    return path.join(this.folder, 'logs', '0.log')
  }

  async start(
    command: readonly string[],
    { env = {}, memory, ...options }: StartOptions = {},
  ): Promise<ContainerProcess & { log: ContainerLog }> {
    const log = await ContainerLog.open(systemClock, { file: this.logFile })
    const surroundings = { env, workingDir: this.folder, rootfs: this.folder }
    const container = await ContainerProcess.start(
      { clock: systemClock, spawner: this.spawner, log, memory },
      { command, surroundings, ...options },
    )
    this.#running.add(container)
    container.exited.then(() => this.#running.delete(container))
    return Object.assign(container, { log })
  }

  shell(script: string, options?: StartOptions) {
    return this.start(['/bin/sh', '-c', script], options)
  }

  /** What it has written, as `kubectl logs` shows it. */
  async logs(selection: Partial<LogSelection> = {}, live?: ContainerLog): Promise<string> {
    const chunks: Uint8Array[] = []
    const { signal } = new AbortController()
    const options = { follow: false, timestamps: false, ...selection }
    for await (const chunk of readLog({ file: this.logFile, live }, options, { now: Date.now(), signal })) {
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString()
  }

  rawLog(): Promise<string> {
    return readFile(this.logFile, 'utf8')
  }

  async close(): Promise<void> {
    for (const container of this.#running) container.kill()
    await Promise.all([...this.#running].map(({ exited }) => exited))
    await this.spawner.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** What comes out of a command, as text. */
export class Sink extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
