import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../../common/errors.ts'
import { writePrivateFile } from '../../pki/index.ts'

const RUN = 'run.json'
const LOOK_AGAIN_MS = 50

/** Which process runs a cluster. */
export interface ClusterRun {
  readonly pid: number
  /** Tells the process from a later one with the same pid. */
  readonly startedAt: string
}

/** To be called by the process itself. */
export async function writeRun(folder: string): Promise<void> {
  const startedAt = await startOf(process.pid)
  await writePrivateFile(path.join(folder, RUN), `${JSON.stringify({ pid: process.pid, startedAt })}\n`)
}

/** Undefined when no process runs the cluster, whatever the last one left behind. */
export async function findRun(folder: string): Promise<ClusterRun | undefined> {
  let run: ClusterRun
  try {
    run = JSON.parse(await readFile(path.join(folder, RUN), 'utf8'))
  } catch {
    return undefined
  }
  return Number.isInteger(run.pid) && run.startedAt !== '' && (await startOf(run.pid)) === run.startedAt
    ? run
    : undefined
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
