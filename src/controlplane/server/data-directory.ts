import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { makeDirectory } from '../../common/make-directory.ts'

const PRIVATE_DIRECTORY = 0o700

/** SQLite's result code for what somebody else has locked, sqlite.org/rescode.html. */
const SQLITE_BUSY = 5

/**
 * The directory of one control plane, and of one at a time. It is held by a lock on an otherwise empty database in it, which the
 * kernel takes back however the process ends.
 */
export class DataDirectory {
  readonly path: string
  readonly #lock: DatabaseSync

  /**
   * Makes the directory where there is none, and takes it, before anything in it is read or written.
   * @throws ConfigError when another control plane has it, or it cannot be written
   */
  static async take(directory: string): Promise<DataDirectory> {
    try {
      await makeDirectory(directory, PRIVATE_DIRECTORY)
    } catch (cause) {
      throw new ConfigError(
        `cannot make ${directory}: ${errorMessage(cause)}; give a data directory that this user may write to`,
        { cause },
      )
    }
    return new DataDirectory(directory, takeLock(directory))
  }

  private constructor(directory: string, lock: DatabaseSync) {
    this.path = directory
    this.#lock = lock
  }

  release(): void {
    this.#lock.close()
  }
}

function takeLock(directory: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path.join(directory, 'controlplane.lock'))
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return database
  } catch (cause) {
    database?.close()
    if (((cause as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY) {
      throw new ConfigError(
        `${directory} is in use by another control plane: stop that one, or choose another data directory`,
        { cause },
      )
    }
    throw new ConfigError(
      `cannot use the data directory ${directory}: ${errorMessage(cause)}; give one that this user may write to`,
      { cause },
    )
  }
}
