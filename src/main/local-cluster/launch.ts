import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../common/errors.ts'
import {
  type ClusterFolder,
  type ClusterStore,
  findRun,
  untilReady,
  writeRun,
} from '../../local-cluster/clusters/index.ts'
import { PROGRESS_ENV, progressOf } from './progress.ts'
import { CLUSTER_LOG, type RunFlagValues, runArguments } from './run-flags.ts'

const EXECUTABLE = fileURLToPath(new URL('../cluster-proxy.ts', import.meta.url))
/** As bin/cluster-proxy gives them to a control plane. */
const HEAP_FLAGS = ['--max-semi-space-size=8', '--initial-heap-size=64', '--liftoff-only']
const PROGRESS_FD = 3
const SHOWN_LOG_LINES = 5

export interface Patience {
  /** 0 does not wait until the cluster is ready. */
  readonly waitMs: number
  /** Aborted when that is over; undefined where nobody waits. */
  readonly overdue: AbortSignal | undefined
  /** The person has had enough. */
  readonly signal: AbortSignal
}

/**
 * Starts the process of a cluster, which lives on when we are done.
 *
 * @returns false when another process has the cluster, which somebody else has started meanwhile
 * @throws AppError ERR_CLUSTER_NOT_STARTED
 * @throws DeletedClusterError
 */
export async function launch(
  store: ClusterStore,
  name: string,
  config: RunFlagValues,
  patience: Patience,
  tell: (text: string) => void,
): Promise<boolean> {
  const { overdue, signal } = patience
  const folder = store.folderOf(name)
  const child = await store.withLock(name, () => launchUnlessRunning(name, folder, config))
  if (!child) return false
  const said = child.stdio[PROGRESS_FD] as Readable
  try {
    for await (const progress of progressOf(said, overdue ? AbortSignal.any([signal, overdue]) : signal)) {
      if ('failed' in progress) {
        const run = await findRun(folder)
        if (run && run.pid !== child.pid) return false
        throw notStarted(progress.failed)
      }
      if ('ready' in progress || !overdue) return true // with its first step, it is known to run
      tell(progress.step)
    }
  } finally {
    said.destroy()
  }
  if (signal.aborted) child.kill('SIGTERM')
  throw await failureOf(folder, patience, 'its process ended')
}

/** It is known as the cluster's process from its first moment on, so that it can be stopped. */
async function launchUnlessRunning(
  name: string,
  folder: string,
  config: RunFlagValues,
): Promise<ChildProcess | undefined> {
  if (await findRun(folder)) return undefined
  const log = openSync(logOf(folder), 'a', 0o600)
  const child = spawn(
    process.execPath,
    [...HEAP_FLAGS, EXECUTABLE, 'local-cluster', 'run', name, ...runArguments(config)],
    {
      cwd: '/',
      detached: true,
      env: { ...process.env, [PROGRESS_ENV]: String(PROGRESS_FD) },
      stdio: ['ignore', log, log, 'pipe'],
    },
  )
  closeSync(log)
  await once(child, 'spawn')
  child.unref()
  try {
    if (child.pid !== undefined) await writeRun(folder, { pid: child.pid, isReady: false })
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return child
}

/**
 * Waits for a cluster that somebody else is starting.
 * @throws AppError ERR_CLUSTER_NOT_STARTED
 */
export async function waitForStart(
  { folder }: ClusterFolder,
  { overdue, ...patience }: Patience,
  tell: (text: string) => void,
): Promise<void> {
  const run = await findRun(folder)
  if (run && !run.isReady) tell(`is being started by process ${run.pid}${overdue ? ': waiting for it' : ''}`)
  if (!overdue) return
  try {
    if (await untilReady(folder, AbortSignal.any([patience.signal, overdue]))) return
  } catch (error) {
    if (!patience.signal.aborted && !overdue.aborted) throw error
  }
  throw await failureOf(folder, { ...patience, overdue }, 'the process that was starting it ended')
}

async function failureOf(
  folder: string,
  { overdue, signal, waitMs }: Patience,
  otherwise: string,
): Promise<AppError> {
  const logFile = logOf(folder)
  if (signal.aborted) return notStarted('interrupted')
  return notStarted(
    overdue?.aborted
      ? `not ready within ${waitMs / 1_000} s, and still starting; its log is ${logFile}`
      : `${otherwise}; the log ${logFile} ends:\n${await tail(logFile)}`,
  )
}

function notStarted(message: string): AppError {
  return new AppError('ERR_CLUSTER_NOT_STARTED', message)
}

function logOf(folder: string): string {
  return path.join(folder, CLUSTER_LOG)
}

async function tail(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim().split('\n').slice(-SHOWN_LOG_LINES).join('\n')
}
