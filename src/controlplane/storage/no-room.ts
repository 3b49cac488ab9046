import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs'

/** The quota of a user or group, and the largest that a file may be, are to SQLite errors like those of a broken disk. */
const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EFBIG']

/** More than what is set aside by a file system for small files. */
const TRIAL_BYTES = 64 * 1024

/** Whether a file beside a database can grow no larger than its log is. SQLite does not tell why a write failed, so it is tried. */
export function hasNoRoom(databaseFile: string): boolean {
  const trial = `${databaseFile}-trial`
  let descriptor: number | undefined
  try {
    const { size } = statSync(`${databaseFile}-wal`)
    descriptor = openSync(trial, 'w', 0o600)
    return writeSync(descriptor, Buffer.alloc(TRIAL_BYTES), 0, TRIAL_BYTES, size) < TRIAL_BYTES
  } catch (error) {
    return NO_ROOM.includes((error as NodeJS.ErrnoException).code ?? '')
  } finally {
    if (descriptor !== undefined) {
      closeSync(descriptor)
      rmSync(trial, { force: true })
    }
  }
}
