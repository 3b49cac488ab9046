import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Change, SqliteJournal } from '../../../src/controlplane/storage/index.ts'

let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sqlite-journal-'))
  file = path.join(directory, 'store.db')
})
afterEach(() => rm(directory, { recursive: true }))

const change = (revision: number, bytes = 10): Change => ({
  revision,
  key: `configmaps/ns/${revision}`,
  deleted: false,
  value: Buffer.alloc(bytes, revision),
})

describe('a journal in SQLite', () => {
  it('belongs to one at a time, and says so', async () => {
    const journal = new SqliteJournal({ file })
    await journal.open()
    const second = new SqliteJournal({ file })
    await expect(second.open()).rejects.toMatchObject({
      code: 'ERR_STORAGE_LOCKED',
      message: `${file} is in use by another control plane: stop that one, or choose another data directory`,
    })
    await journal.close()
    const third = new SqliteJournal({ file })
    await third.open()
    await third.close()
  })

  it('has on the disk what it has taken, when the process is killed', async () => {
    const program = `
      import { SqliteJournal } from ${JSON.stringify(path.resolve('src/controlplane/storage/index.ts'))}
      const journal = new SqliteJournal({ file: ${JSON.stringify(file)} })
      await journal.open()
      for (let revision = 1; ; revision++) {
        await journal.append([{ revision, key: 'configmaps/ns/a', deleted: false, value: Buffer.from(String(revision)) }])
        if (revision === 100) process.kill(process.pid, 'SIGKILL')
      }`
    const signal = await new Promise((resolve) => {
      execFile(process.execPath, ['--input-type=module', '-e', program], (error) => resolve(error?.signal))
    })
    expect(signal).toBe('SIGKILL')
    const journal = new SqliteJournal({ file })
    const { changes } = await journal.open()
    expect(changes).toHaveLength(100)
    await journal.close()
  })

  it.skipIf(process.platform !== 'linux')('says that it is full when its files may not grow', async () => {
    const program = `
      import { SqliteJournal } from ${JSON.stringify(path.resolve('src/controlplane/storage/index.ts'))}
      const journal = new SqliteJournal({ file: ${JSON.stringify(file)} })
      await journal.open()
      const append = (revision, bytes) =>
        journal.append([{ revision, key: 'a', deleted: false, value: Buffer.alloc(bytes) }])
          .then(() => 'kept', ({ code }) => code)
      const outcomes = [await append(1, 10), await append(2, 2 * 1024 * 1024), await append(3, 10)]
      await journal.close()
      console.log(outcomes.join())`
    const limited = [
      '-c',
      'ulimit -f 1024; exec "$@"',
      'sh',
      process.execPath,
      '--input-type=module',
      '-e',
      program,
    ]
    const said = await new Promise((resolve) => {
      execFile('/bin/sh', limited, (_error, stdout, stderr) => resolve(stdout.trim() || stderr))
    })
    expect(said).toBe('kept,ERR_STORAGE_FULL,kept')
    expect(await readdir(directory)).toEqual([path.basename(file)])
  })

  it('says when it is full, keeps all it has, and goes on with less', async () => {
    const journal = new SqliteJournal({ file, maxBytes: 256 * 1024 })
    await journal.open()
    await journal.append([change(1)])
    await expect(journal.append([change(2), change(3, 1024 * 1024)])).rejects.toMatchObject({
      code: 'ERR_STORAGE_FULL',
      message: `${file} cannot grow: no space left for it: make some, or choose another data directory`,
    })
    await journal.append([change(4)])
    await journal.close()
    const again = new SqliteJournal({ file })
    const { changes } = await again.open()
    expect(changes).toEqual([change(1), change(4)])
    await again.close()
  })

  it('says when its thread is gone, and only when it was not closed', async () => {
    const threads: Worker[] = []
    const onThread = (thread: Worker) => threads.push(thread)
    process.on('worker', onThread)
    const journal = new SqliteJournal({ file })
    await journal.open()
    process.off('worker', onThread)
    await threads[0]?.terminate()
    expect(await journal.broken).toMatchObject({ code: 'ERR_STORAGE_CLOSED' })
    await expect(journal.append([change(1)])).rejects.toMatchObject({ code: 'ERR_STORAGE_CLOSED' })

    const closed = new SqliteJournal({ file })
    await closed.open()
    await closed.close()
    const outcome = await Promise.race([closed.broken, new Promise((resolve) => setImmediate(resolve))])
    expect(outcome).toBeUndefined()
  })

  it('refuses what a newer version wrote', async () => {
    const database = new DatabaseSync(file)
    database.exec('PRAGMA user_version = 7')
    database.close()
    await expect(new SqliteJournal({ file }).open()).rejects.toMatchObject({
      code: 'ERR_STORAGE_FORMAT',
      message: expect.stringContaining('was written by a newer version (schema 7, this one knows 1)'),
    })
  })

  it('refuses a file that is no database', async () => {
    await writeFile(file, 'hello '.repeat(1_000))
    await expect(new SqliteJournal({ file }).open()).rejects.toMatchObject({ code: 'ERR_STORAGE_FORMAT' })
  })

  it('names the folder that is not there', async () => {
    const missing = path.join(directory, 'no', 'store.db')
    await expect(new SqliteJournal({ file: missing }).open()).rejects.toMatchObject({
      code: 'ERR_STORAGE_IO',
      message: expect.stringContaining(missing),
    })
  })
})
