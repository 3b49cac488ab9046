import { access, realpath } from 'node:fs/promises'
import path from 'node:path'

/**
 * Whether what a file in `folder` says is about another folder, of which this one is a copy: the file says in which folder it was
 * written, and is there, too. In a folder that was moved, it is not there any more.
 *
 * @param original the real path of the folder that it was written in; undefined where an earlier version has not said it
 */
export async function isCopied(folder: string, file: string, original: string | undefined): Promise<boolean> {
  if (original === undefined) return false
  try {
    if (original === (await realpath(folder))) return false
    await access(path.join(original, file))
    return true
  } catch {
    return false
  }
}
