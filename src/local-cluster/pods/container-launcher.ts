import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Container } from '../../apis/core/v1.ts'
import { makeDirectory } from '../../common/make-directory.ts'
import { unitsOf } from '../../controlplane/kinds/field-checks/quantity-amount.ts'
import type { Clock } from '../../kube/index.ts'
import {
  ContainerLog,
  ContainerProcess,
  type ExitedContainer,
  endOfLog,
  type MemoryGroup,
  olderParts,
  type ProcessSpawner,
} from '../containers/index.ts'
import type { PodEvents } from './pod-events.ts'
import type { ContainerPlan, PodSandbox } from './pod-sandbox.ts'

/** kubelet's. */
const LONGEST_MESSAGE_BYTES = 4096
const FALLBACK = { lines: 80, bytes: 2048 }

const DEFAULT_MESSAGE_PATH = '/dev/termination-log'

/** Where memory can be limited; or why it cannot. */
export type MemoryLimits =
  | { create(name: string, limitBytes: number): Promise<MemoryGroup> }
  | { readonly unavailable: string }

export interface ContainerLauncherComponents {
  readonly clock: Clock
  readonly spawner: ProcessSpawner
  readonly sandbox: PodSandbox
  readonly memory: MemoryLimits
  readonly events: PodEvents
}

/** A container that has been started, and what is kept of it. */
export interface LaunchedContainer {
  readonly process: ContainerProcess
  readonly plan: ContainerPlan
  readonly log: ContainerLog
}

/** Starts the processes of a Pod's containers. */
export class ContainerLauncher {
  readonly #components: ContainerLauncherComponents
  readonly #options: { readonly folder: string; readonly uid: string }

  constructor(
    components: ContainerLauncherComponents,
    options: { readonly folder: string; readonly uid: string },
  ) {
    this.#components = components
    this.#options = options
  }

  logFile(container: string, restartCount: number): string {
    return path.join(this.#options.folder, 'logs', container, `${restartCount}.log`)
  }

  plan(container: Container): Promise<ContainerPlan> {
    return this.#components.sandbox.plan(container)
  }

  /** Rejects with a StartError, or with what the file system has against it. */
  async launch(container: Container, plan: ContainerPlan, restartCount: number): Promise<LaunchedContainer> {
    const { clock, spawner } = this.#components
    const { stdin, stdinOnce, tty } = container
    await prepareMessageFile(container, plan)
    await this.#forgetLogsBefore(container.name, restartCount - 1)
    const log = await ContainerLog.open(clock, { file: this.logFile(container.name, restartCount) })
    const memory = await this.#limitMemory(container, restartCount)
    try {
      const process = await ContainerProcess.start(
        { clock, spawner, log, memory },
        { command: plan.command, surroundings: plan.surroundings, stdin, stdinOnce, tty },
      )
      return { process, plan, log }
    } catch (error) {
      await memory?.remove()
      await log.close()
      throw error
    }
  }

  /** What the container says about its end (kubelet's terminationMessagePath). */
  async messageOf(
    container: Container,
    { plan, log }: LaunchedContainer,
    exit: ExitedContainer,
  ): Promise<string | undefined> {
    const message = (await readFile(messageFile(container, plan)).catch(() => Buffer.alloc(0)))
      .subarray(0, LONGEST_MESSAGE_BYTES)
      .toString('utf8')
    const fallsBack = container.terminationMessagePolicy === 'FallbackToLogsOnError' && exit.exitCode !== 0
    if (message !== '' || !fallsBack) return message || undefined
    return (await endOfLog(log.file, FALLBACK)) || undefined
  }

  async #limitMemory(container: Container, restartCount: number): Promise<MemoryGroup | undefined> {
    const limit = container.resources?.limits?.memory
    if (limit === undefined) return undefined
    const { memory, events } = this.#components
    const { uid } = this.#options
    let reason = 'unavailable' in memory ? memory.unavailable : ''
    try {
      if ('create' in memory) {
        return await memory.create(`${uid}-${container.name}-${restartCount}`, Number(unitsOf(limit)))
      }
    } catch (error) {
      reason = (error as Error).message
    }
    events.warning(
      'MemoryLimitNotEnforced',
      `The memory limit of container ${container.name} is not enforced: ${reason}`,
    )
    return undefined
  }

  /** Only those of the run before are kept. */
  async #forgetLogsBefore(container: string, restartCount: number): Promise<void> {
    const file = this.logFile(container, restartCount - 1)
    await Promise.all([file, ...olderParts(file)].map((each) => rm(each, { force: true })))
  }
}

/** Where a container's `terminationMessagePath` is on this machine. */
function messageFile({ terminationMessagePath }: Container, { surroundings }: ContainerPlan): string {
  const inside = path.posix.join('/', terminationMessagePath || DEFAULT_MESSAGE_PATH)
  return path.join(surroundings.rootfs, inside)
}

async function prepareMessageFile(container: Container, plan: ContainerPlan): Promise<void> {
  const file = messageFile(container, plan)
  await makeDirectory(path.dirname(file))
  await writeFile(file, '')
}
