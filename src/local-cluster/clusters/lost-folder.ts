import { access } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../../common/errors.ts'
import type { Clock } from '../../kube/index.ts'
import { findRun, RUN_FILE } from './running-cluster.ts'

const LOOK_AGAIN_MS = 2000

/**
 * Resolves with what has become of the folder of a cluster, which this process runs, when that is not its own any more: somebody has
 * removed it. No command finds the process then, which goes on to hold addresses and memory. Rejects when `signal` is aborted.
 */
export async function untilFolderIsLost(
  folder: string,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<AppError> {
  for (;;) {
    await clock.sleep(LOOK_AGAIN_MS, signal)
    const run = await findRun(folder)
    if (run?.pid === process.pid) continue
    if (run) return lost(`${folder} belongs to process ${run.pid} now`)
    if (await isMissing(path.join(folder, RUN_FILE))) return lost(`${folder} has been removed`)
  }
}

function lost(message: string): AppError {
  return new AppError(
    'ERR_CLUSTER_FOLDER_LOST',
    `${message}: this process ends, and all Pods of the cluster with it`,
  )
}

async function isMissing(file: string): Promise<boolean> {
  try {
    await access(file)
    return false
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}
