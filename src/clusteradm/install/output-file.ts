import { open } from 'node:fs/promises'
import { errorMessage } from '../../common/errors.ts'
import { CommandError } from '../failure.ts'

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
