import { text } from 'node:stream/consumers'
import { ConfigError } from '../../common/errors.ts'
import { type MakeCredentialsOptions, makeCredentials } from './make-credentials.ts'

/** A process of its own: reads what to do from its standard input as JSON, and ends with what is in the way on its output. */

export interface CredentialsTask {
  readonly directory: string
  readonly options: MakeCredentialsOptions
}

const { directory, options } = JSON.parse(await text(process.stdin)) as CredentialsTask
try {
  await makeCredentials(directory, options)
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  process.stdout.write(error.message)
}
