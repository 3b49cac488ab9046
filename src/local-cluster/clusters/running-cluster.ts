import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { AppError, ConfigError, errorMessage } from '../../common/errors.ts'
import { writePrivateFile } from '../../pki/index.ts'
import { isCopied } from './copied-folder.ts'

export const RUN_FILE = 'run.json'
const LOOK_AGAIN_MS = 50

/** Which process runs a cluster. */
export interface ClusterRun {
  readonly pid: number
  /** Tells the process from a later one with the same pid. */
  readonly startedAt: string
  /** Whether everything in it has been started. */
  readonly isReady: boolean
}

/** What is written of it. Earlier versions wrote of the process alone. */
interface WrittenRun extends Partial<ClusterRun> {
  /** Of the cluster: its real path. */
  readonly folder?: string
}

/**
 * To be called by whoever starts the process, and by the process itself when it begins and when all is ready.
 * @param run.pid of the process, our own unless it is said
 * @throws ConfigError
 */
export async function writeRun(
  folder: string,
  { pid = process.pid, isReady }: { readonly pid?: number; readonly isReady: boolean },
): Promise<void> {
  const file = path.join(folder, RUN_FILE)
  try {
    const written: WrittenRun = {
      pid,
      startedAt: await startOf(pid),
      folder: await realpath(folder),
      isReady,
    }
    await writePrivateFile(file, `${JSON.stringify(written)}\n`)
  } catch (cause) {
    throw new ConfigError(`cannot write ${file}: ${errorMessage(cause)}`, { cause })
  }
}

/** Undefined when no process runs the cluster, whatever the last one left behind. */
export async function findRun(folder: string): Promise<ClusterRun | undefined> {
  let run: WrittenRun
  try {
    run = { ...(JSON.parse(await readFile(path.join(folder, RUN_FILE), 'utf8')) as WrittenRun) }
  } catch {
    return undefined
  }
  const { pid, startedAt = '', isReady = true } = run
  if (pid === undefined || !Number.isInteger(pid) || startedAt === '') return undefined
  if ((await startOf(pid)) !== startedAt || (await isCopied(folder, RUN_FILE, run.folder))) return undefined
  return { pid, startedAt, isReady }
}

/**
 * Waits until everything in a cluster has been started.
 * @returns false when no process runs it any more
 * @throws the reason of `signal`
 */
export async function untilReady(folder: string, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted()
    const run = await findRun(folder)
    if (!run || run.isReady) return run !== undefined
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}

/**
 * Asks it to end in order, and waits for that.
 * @throws AppError ERR_CLUSTER_KEEPS_RUNNING when it has not ended in time
 */
export async function stopRun(folder: string, timeoutMs: number): Promise<boolean> {
  const run = await findRun(folder)
  if (!run) return false
  process.kill(run.pid, 'SIGTERM')
  const until = performance.now() + timeoutMs
  while (await findRun(folder)) {
    if (performance.now() > until)
      throw new AppError(
        'ERR_CLUSTER_KEEPS_RUNNING',
        `process ${run.pid} has not ended within ${timeoutMs / 1_000} s; end it by: kill -9 ${run.pid}`,
      )
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
  return true
}

/** In the kernel's words (proc_pid_stat(5), field 22); empty for a process that is not there any more. */
async function startOf(pid: number): Promise<string> {
  let stat: string
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
  // The second field is a name in parentheses, which may have anything in it.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? '' : (rest[18] ?? '')
}
