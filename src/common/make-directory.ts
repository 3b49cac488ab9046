import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'

/**
 * Makes a directory and those around it that are not there, all of the same mode; one that is there stays as it is.
 *
 * For paths that somebody named: Node's own recursive `mkdir` never ends where the file system refuses a name with ENOENT though
 * the directory around it is there, as /proc does. Here that is an error like any other.
 *
 * @param mode before the umask
 * @throws the error of the step that failed, which names its directory
 */
export async function makeDirectory(directory: string, mode = 0o777): Promise<void> {
  try {
    await makeOne(directory, mode)
  } catch (error) {
    const around = path.dirname(directory)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || around === directory) throw error
    await makeDirectory(around, mode)
    await makeOne(directory, mode)
  }
}

async function makeOne(directory: string, mode: number): Promise<void> {
  try {
    await mkdir(directory, { mode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await isDirectory(directory))) throw error
  }
}

async function isDirectory(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isDirectory()
  } catch {
    return false
  }
}
