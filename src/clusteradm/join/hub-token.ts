import { readTrouble } from '../../common/read-trouble.ts'
import { CommandError } from '../failure.ts'
import { readInput } from '../read-input.ts'

interface TokenFlags {
  readonly hubToken: string
  readonly hubTokenFile: string
}

/** That of `--hub-token`, or what is in `--hub-token-file`, which no list of processes shows. Empty if there is neither. */
export async function hubTokenOf({ hubToken, hubTokenFile }: TokenFlags): Promise<string> {
  if (hubTokenFile === '') return hubToken
  if (hubToken !== '') throw new CommandError('give either --hub-token or --hub-token-file')
  try {
    return (await readInput(hubTokenFile)).trim()
  } catch (error) {
    throw new CommandError(`cannot read --hub-token-file ${hubTokenFile}: ${readTrouble(error)}`, {
      cause: error,
    })
  }
}
