import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { VolumeError } from './errors.ts'

const DATA = '..data'
const NEW_DATA = '..data_tmp'
const LONGEST_NAME = 255
const LONGEST_PATH = 4096

export interface ProjectedFile {
  readonly data: Buffer
  /** Permissions, such as 0o644. */
  readonly mode: number
}

/** Files by their paths within a folder. */
export type Payload = ReadonlyMap<string, ProjectedFile>

/**
 * A folder of which all files change at once (kubernetes, pkg/volume/util/atomic_writer.go): they lie in a folder with the time
 * in its name, to which the symlink `..data` leads, and each is seen through a symlink by way of that. Renaming another symlink
 * over `..data` changes all of them in one step, and is what readers watch for.
 *
 * Has one writer: calls of `write` must not overlap.
 */
export class AtomicFolder {
  readonly path: string

  constructor(folder: string) {
    this.path = folder
  }

  /**
   * Makes the folder hold these files and no others. Nothing is touched where it does already.
   *
   * @returns whether anything has changed
   * @throws VolumeError for a path that would lead out of the folder, or into what is reserved
   */
  async write(payload: Payload): Promise<boolean> {
    const files = new Map(Array.from(payload, ([name, file]) => [cleanPath(name), file]))
    await mkdir(this.path, { recursive: true, mode: 0o700 })
    const previous = await linkTarget(path.join(this.path, DATA))
    if (previous !== undefined && (await isSame(path.join(this.path, previous), files))) return false

    const current = await this.#writeData(files)
    await this.#swap(current)
    await this.#showOnly(new Set(Array.from(files.keys(), topOf)))
    await this.#removeData(current)
    return true
  }

  /** Returns the name of the new folder. */
  async #writeData(files: Payload): Promise<string> {
    const time = new Date().toISOString().slice(0, 19).replace(/[-T:]/g, '_')
    const folder = await mkdtemp(path.join(this.path, `..${time}.`))
    await chmod(folder, 0o755)
    for (const [name, { data, mode }] of files) {
      const file = path.join(folder, name)
      await mkdir(path.dirname(file), { recursive: true, mode: 0o755 })
      await writeFile(file, data, { mode: mode & 0o777 })
      await chmod(file, mode & 0o777) // which no umask makes less
    }
    return path.basename(folder)
  }

  async #swap(folder: string): Promise<void> {
    const link = path.join(this.path, NEW_DATA)
    await rm(link, { force: true }) // of a process that ended between the next two lines
    await symlink(folder, link)
    await rename(link, path.join(this.path, DATA))
  }

  /** What is new is shown before what is old goes. */
  async #showOnly(names: ReadonlySet<string>): Promise<void> {
    const shown = (await readdir(this.path)).filter((name) => !name.startsWith('..'))
    for (const name of names) {
      if (!shown.includes(name)) await symlink(path.posix.join(DATA, name), path.join(this.path, name))
    }
    for (const name of shown) {
      const link = path.join(this.path, name)
      const isOurs = (await linkTarget(link)) === path.posix.join(DATA, name)
      if (isOurs && !names.has(name)) await rm(link)
    }
  }

  async #removeData(current: string): Promise<void> {
    const stale = (await readdir(this.path)).filter((name) => /^\.\.\d/.test(name) && name !== current)
    for (const name of stale) await rm(path.join(this.path, name), { recursive: true, force: true })
  }
}

/** @throws VolumeError */
function cleanPath(name: string): string {
  if (name === '') throw new VolumeError('invalid path: must not be empty: ""')
  if (path.posix.isAbsolute(name)) throw new VolumeError(`invalid path: must be relative path: ${name}`)
  if (name.length > LONGEST_PATH)
    throw new VolumeError(`invalid path: must be less than or equal to ${LONGEST_PATH} characters`)
  const items = name.split('/')
  if (items.includes('..')) throw new VolumeError(`invalid path: must not contain '..': ${name}`)
  if (items.some((item) => Buffer.byteLength(item) > LONGEST_NAME))
    throw new VolumeError(`invalid path: filenames must be less than or equal to ${LONGEST_NAME} characters`)
  const clean = path.posix.normalize(name).replace(/\/$/, '')
  if (clean.startsWith('..')) throw new VolumeError(`invalid path: must not start with '..': ${name}`)
  if (clean === '.' || clean.includes('\0')) throw new VolumeError(`invalid path: ${JSON.stringify(name)}`)
  return clean
}

function topOf(name: string): string {
  return name.split('/', 1)[0] ?? name
}

/** Undefined where there is nothing, or no symlink. */
async function linkTarget(link: string): Promise<string | undefined> {
  return readlink(link).catch(() => undefined)
}

async function isSame(folder: string, files: Payload): Promise<boolean> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    if (entries.filter((entry) => !entry.isDirectory()).length !== files.size) return false
    for (const [name, { data, mode }] of files) {
      const file = path.join(folder, name)
      const { mode: actual } = await stat(file)
      if ((actual & 0o777) !== (mode & 0o777) || !(await readFile(file)).equals(data)) return false
    }
    return true
  } catch {
    return false // what cannot be read is not the same
  }
}
