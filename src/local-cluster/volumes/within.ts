import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { VolumeError } from './errors.ts'

/**
 * The place of a single name in a folder.
 *
 * @throws VolumeError for a name that is a path
 */
export function childOf(folder: string, name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
    throw new VolumeError(`${JSON.stringify(name)} is no name of a folder`)
  return path.join(folder, name)
}

/** Whether a path is the folder or below it, as both are written. */
export function isWithin(folder: string, target: string): boolean {
  return target === folder || target.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/** Whether a path is within the folder when all symlinks are followed. What is not there yet counts by the part that is. */
export async function isReallyWithin(folder: string, target: string): Promise<boolean> {
  return isWithin(await realpath(folder), await realOf(target))
}

async function realOf(target: string): Promise<string> {
  try {
    return await realpath(target)
  } catch (error) {
    const parent = path.dirname(target)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === target) throw error
    return path.join(await realOf(parent), path.basename(target))
  }
}
