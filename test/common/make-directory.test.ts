import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeDirectory } from '../../src/common/make-directory.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'make-directory-'))
})
afterEach(() => rm(folder, { recursive: true }))

const modeOf = async (place: string) => (await stat(place)).mode & 0o777

describe('a directory', () => {
  it('is made with those around it, all of the mode', async () => {
    await makeDirectory(path.join(folder, 'a', 'b', 'c'), 0o700)
    for (const each of ['a', 'a/b', 'a/b/c']) expect(await modeOf(path.join(folder, each)), each).toBe(0o700)
  })

  it('stays as it is where it is there, also behind a link', async () => {
    await makeDirectory(path.join(folder, 'a'), 0o750)
    await symlink('a', path.join(folder, 'link'))
    await makeDirectory(path.join(folder, 'a'), 0o700)
    await makeDirectory(path.join(folder, 'link'), 0o700)
    expect(await modeOf(path.join(folder, 'a'))).toBe(0o750)
    await makeDirectory(path.join(folder, 'link', 'b'))
    expect((await stat(path.join(folder, 'a', 'b'))).isDirectory()).toBe(true)
  })

  it('is made once, however many make it', async () => {
    const deep = path.join(folder, 'a', 'b', 'c', 'd')
    await Promise.all(Array.from({ length: 20 }, () => makeDirectory(deep)))
    expect((await stat(deep)).isDirectory()).toBe(true)
  })

  it('cannot be made where a file is, nor behind a link to nothing', async () => {
    await writeFile(path.join(folder, 'file'), '')
    await symlink('nothing', path.join(folder, 'link'))
    await expect(makeDirectory(path.join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(makeDirectory(path.join(folder, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(makeDirectory(path.join(folder, 'link', 'a'))).rejects.toMatchObject({ code: 'EEXIST' })
  })

  // Node's recursive mkdir tries this for ever, with all of a processor.
  it('is given up where the file system makes none', async () => {
    await expect(makeDirectory('/proc/nope/a/b')).rejects.toThrow(
      "ENOENT: no such file or directory, mkdir '/proc/nope'",
    )
  })
})
