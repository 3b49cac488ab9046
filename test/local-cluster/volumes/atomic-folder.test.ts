import {
  lstat,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AtomicFolder, type Payload } from '../../../src/local-cluster/volumes/atomic-folder.ts'
import { VolumeError } from '../../../src/local-cluster/volumes/index.ts'

let parent: string
let folder: AtomicFolder

beforeEach(async () => {
  parent = await mkdtemp(path.join(os.tmpdir(), 'atomic-folder-'))
  folder = new AtomicFolder(path.join(parent, 'volume'))
})

afterEach(() => rm(parent, { recursive: true, force: true }))

const files = (texts: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(texts).map(([name, text]) => [name, { data: Buffer.from(text), mode }]))

const inFolder = (name: string) => path.join(folder.path, name)
const read = (name: string) => readFile(inFolder(name), 'utf8')
const visible = async () => (await readdir(folder.path)).filter((name) => !name.startsWith('..')).sort()
const timed = async () => (await readdir(folder.path)).filter((name) => /^\.\.\d/.test(name))

describe('AtomicFolder', () => {
  it('shows files through symlinks to one folder with a time in its name', async () => {
    expect(await folder.write(files({ a: '1', 'dir/b': '2' }))).toBe(true)
    expect(await visible()).toEqual(['a', 'dir'])
    expect(await readlink(inFolder('a'))).toBe('..data/a')
    expect(await readlink(inFolder('dir'))).toBe('..data/dir')
    expect(await readlink(inFolder('..data'))).toMatch(/^\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\./)
    expect([await read('a'), await read('dir/b')]).toEqual(['1', '2'])
  })

  it('is for its owner alone, and its files have their modes whatever the umask is', async () => {
    const umask = process.umask(0o077)
    try {
      await folder.write(new Map([...files({ open: '' }, 0o666), ...files({ shut: '' }, 0o400)]))
    } finally {
      process.umask(umask)
    }
    const modes = await Promise.all(
      ['.', 'open', 'shut'].map(async (name) => (await stat(inFolder(name))).mode & 0o777),
    )
    expect(modes).toEqual([0o700, 0o666, 0o400])
  })

  it('changes all files by one rename, and leaves nothing of the old ones', async () => {
    await folder.write(files({ stays: '1', goes: '1' }))
    const before = await realpath(inFolder('stays'))
    expect(await folder.write(files({ stays: '2', comes: '2' }))).toBe(true)
    expect(await visible()).toEqual(['comes', 'stays'])
    expect(await read('stays')).toBe('2')
    expect(await timed()).toEqual([await readlink(inFolder('..data'))])
    await expect(stat(before)).rejects.toThrow('ENOENT')
  })

  it('touches nothing where nothing has changed', async () => {
    await folder.write(files({ a: '1' }))
    const before = await readlink(inFolder('..data'))
    expect(await folder.write(files({ a: '1' }))).toBe(false)
    expect(await readlink(inFolder('..data'))).toBe(before)
  })

  it('writes again for another mode, and for a file that somebody has changed', async () => {
    await folder.write(files({ a: '1' }))
    expect(await folder.write(files({ a: '1' }, 0o600))).toBe(true)
    await writeFile(inFolder('a'), 'tampered')
    expect(await folder.write(files({ a: '1' }, 0o600))).toBe(true)
    expect(await read('a')).toBe('1')
  })

  it('becomes empty', async () => {
    await folder.write(files({ a: '1' }))
    await folder.write(new Map())
    expect(await visible()).toEqual([])
    expect(await folder.write(new Map())).toBe(false)
  })

  it('goes on where a writer before it has ended halfway', async () => {
    await folder.write(files({ a: '1' }))
    await symlink('..2026_gone', inFolder('..data_tmp'))
    await folder.write(files({ a: '2' }))
    expect(await read('a')).toBe('2')
    await expect(lstat(inFolder('..data_tmp'))).rejects.toThrow('ENOENT')
  })

  it('keeps what is not its own', async () => {
    await folder.write(files({ a: '1' }))
    await symlink('/elsewhere', inFolder('mounted'))
    await folder.write(files({ b: '1' }))
    expect(await visible()).toEqual(['b', 'mounted'])
  })

  it.each([
    ['', 'must not be empty'],
    ['/etc/passwd', 'must be relative path'],
    ['../out', "must not contain '..'"],
    ['a/../../out', "must not contain '..'"],
    ['..data', "must not start with '..'"],
    ['./..data/x', "must not start with '..'"],
    ['x'.repeat(256), 'less than or equal to 255'],
    ['x/'.repeat(2100), 'less than or equal to 4096'],
    ['.', 'invalid path'],
    ['a\0b', 'invalid path'],
  ])('refuses the path %j, with nothing written', async (name, message) => {
    const refusal = folder.write(files({ fine: '', [name]: '' }))
    await expect(refusal).rejects.toThrow(message)
    await expect(refusal).rejects.toBeInstanceOf(VolumeError)
    await expect(stat(folder.path)).rejects.toThrow('ENOENT')
  })

  it('holds what was written last, whatever was there before', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f', '__proto__', 'x..y')
    const payload = fc.uniqueArray(fc.tuple(name, fc.string({ maxLength: 3 })), {
      selector: ([key]) => key,
      maxLength: 5,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(payload, { minLength: 1, maxLength: 4 }), async (states) => {
        for (const state of states) {
          const wanted = new Map(state)
          await folder.write(
            new Map(state.map(([key, text]) => [key, { data: Buffer.from(text), mode: 0o644 }])),
          )
          for (const [key, text] of wanted) expect(await read(key)).toBe(text)
          const shown = await readdir(inFolder('..data'), { recursive: true, withFileTypes: true })
          expect(shown.filter((entry) => entry.isFile()).length).toBe(wanted.size)
          expect(await visible()).toEqual(
            [...new Set([...wanted.keys()].map((key) => key.split('/')[0]))].sort(),
          )
        }
      }),
      { numRuns: 20 },
    )
  })
})
