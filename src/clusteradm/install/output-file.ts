import { access, constants, open } from 'node:fs/promises'
import path from 'node:path'
import { errorMessage } from '../../common/errors.ts'
import { CommandError } from '../failure.ts'

/** Rejects with a CommandError where a file could not be written later, when much has been done. Empty for no file. */
export async function requireWritablePlace(file: string): Promise<void> {
  if (file === '') return
  try {
    await access(path.dirname(file), constants.W_OK)
  } catch (error) {
    throw new CommandError(`cannot write ${file}: ${errorMessage(error)}`, { cause: error })
  }
}

/** Writes a file that only its owner may read, for it holds a token; `executable` lets the owner run it. */
export async function writeOwnersFile(file: string, text: string, executable = false): Promise<void> {
  const mode = executable ? 0o700 : 0o600
  try {
    await using handle = await open(file, 'w', mode)
    await handle.chmod(mode) // one that was there keeps its own otherwise
    await handle.writeFile(text)
  } catch (error) {
    throw new CommandError(`cannot write ${file}: ${errorMessage(error)}`, { cause: error })
  }
}
