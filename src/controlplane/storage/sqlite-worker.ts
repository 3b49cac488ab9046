import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { hasNoRoom } from './no-room.ts'
import { packChanges, type UnpackedChange, unpackChanges } from './packed-changes.ts'
import type { WorkerAnswer, WorkerOptions, WorkerRequest } from './sqlite-protocol.ts'
import type { StorageErrorCode } from './storage-error.ts'

/** The thread that writes: its fsyncs hold up nobody but those who wait for them. */

const SCHEMA_VERSION = 1
/** Values come together in buffers of about this size: one of its own for each would take more than a small value does. */
const PORTION_BYTES = 256 * 1024

/** SQLite's primary result codes, sqlite.org/rescode.html. */
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
/** An extended one. */
const SQLITE_IOERR_WRITE = 778

const { file, maxBytes } = workerData as WorkerOptions

class FormatError extends Error {}

function openDatabase(): DatabaseSync {
  const database = new DatabaseSync(file)
  // Exclusive: a second process is refused, and the write-ahead log needs no shared memory.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  migrate(database)
  if (maxBytes !== undefined) {
    const { page_size } = database.prepare('PRAGMA page_size').get() as { page_size: number }
    database.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / page_size)}`)
  }
  return database
}

function migrate(database: DatabaseSync): void {
  const { user_version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (user_version > SCHEMA_VERSION) {
    throw new FormatError(
      `${file} was written by a newer version (schema ${user_version}, this one knows ${SCHEMA_VERSION})`,
    )
  }
  database.exec('BEGIN IMMEDIATE') // takes the lock, also when there is nothing to migrate
  if (user_version === 0) {
    database.exec(`
      CREATE TABLE change (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, deleted INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
      CREATE TABLE compaction (revision INTEGER NOT NULL) STRICT;
      INSERT INTO compaction VALUES (0);
      PRAGMA user_version = ${SCHEMA_VERSION};
    `)
  }
  database.exec('COMMIT')
}

function sendContents(database: DatabaseSync): void {
  const { revision } = database.prepare('SELECT revision FROM compaction').get() as { revision: number }
  const rows = database
    .prepare('SELECT revision, key, deleted, value FROM change ORDER BY revision')
    .iterate()
  let portion: UnpackedChange[] = []
  let bytes = 0
  for (const row of rows) {
    const { deleted, ...change } = row as unknown as Row
    portion.push({ ...change, deleted: deleted !== 0 })
    bytes += change.value.length
    if (bytes < PORTION_BYTES) continue
    answer({ type: 'contents', ...packChanges(portion) })
    portion = []
    bytes = 0
  }
  answer({ type: 'contents', ...packChanges(portion), compactedRevision: revision })
}

type Row = Omit<UnpackedChange, 'deleted'> & { readonly deleted: number }

function transaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK') // of some errors SQLite rolls back by itself
    throw error
  }
}

function answer(message: WorkerAnswer): void {
  parentPort?.postMessage(message, message.type === 'contents' ? [message.bytes.buffer] : [])
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  answer({ type: 'failed', code: codeOf(error), message: `${file}: ${message}` })
}

function codeOf(error: unknown): StorageErrorCode {
  if (error instanceof FormatError) return 'ERR_STORAGE_FORMAT'
  const { errcode } = error as { errcode?: number }
  if (errcode === SQLITE_IOERR_WRITE && hasNoRoom(file)) return 'ERR_STORAGE_FULL'
  switch ((errcode ?? 0) & 0xff) {
    case SQLITE_BUSY:
      return 'ERR_STORAGE_LOCKED'
    case SQLITE_FULL:
      return 'ERR_STORAGE_FULL'
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return 'ERR_STORAGE_FORMAT'
    default:
      return 'ERR_STORAGE_IO'
  }
}

function serve(database: DatabaseSync): void {
  const insert = database.prepare('INSERT INTO change VALUES (?, ?, ?, ?)')
  const remove = database.prepare('DELETE FROM change WHERE revision = ?')
  const compacted = database.prepare('UPDATE compaction SET revision = ?')

  const handle = (request: WorkerRequest): void => {
    switch (request.type) {
      case 'append':
        transaction(database, () => {
          for (const { revision, key, deleted, value } of unpackChanges(request))
            insert.run(revision, key, deleted ? 1 : 0, value)
        })
        return
      case 'compact':
        transaction(database, () => {
          for (const revision of request.obsolete) remove.run(revision)
          compacted.run(request.revision)
        })
        return
      case 'close':
        database.close()
        return
      default:
        throw new Error(`unknown request ${request satisfies never}`)
    }
  }

  parentPort?.on('message', (request: WorkerRequest) => {
    try {
      handle(request)
      answer({ type: 'done' })
      if (request.type === 'close') parentPort?.close()
    } catch (error) {
      fail(error)
    }
  })
}

try {
  const database = openDatabase()
  sendContents(database)
  serve(database)
} catch (error) {
  fail(error)
}
