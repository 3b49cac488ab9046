import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { makeDirectory } from '../../common/make-directory.ts'

const PRIVATE_DIRECTORY = 0o700
const PATIENCE_MS = 10_000
const PAUSE_MS = 20

/** SQLite's result code for what somebody else has locked, sqlite.org/rescode.html. */
const SQLITE_BUSY = 5

/**
 * Does something in a folder while nobody else does; the kernel gives the lock back however a process ends.
 * @param name of the lock, an empty file in the folder that stays there
 */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>, name = '.lock'): Promise<T> {
  let lock: DatabaseSync
  try {
    await makeDirectory(folder, PRIVATE_DIRECTORY)
    lock = await takeLock(path.join(folder, name))
  } catch (cause) {
    throw new ConfigError(
      `cannot use ${folder}: ${errorMessage(cause)}; give a --data-dir with room that this user may write to`,
      { cause },
    )
  }
  try {
    return await work()
  } finally {
    lock.close()
  }
}

async function takeLock(file: string): Promise<DatabaseSync> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const database = new DatabaseSync(file)
    try {
      // Without a journal nothing is written: what is to be deleted may fill the disk.
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      return database
    } catch (error) {
      database.close()
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY || performance.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}
