import { isTrue } from '../api/request-info.ts'
import { badRequest } from '../api/status.ts'

/** What a client wants of a command in a container, or of what the container runs. */
export interface CommandOptions {
  /** Empty for the only one. */
  readonly container: string
  /** Empty where it is only connected to. */
  readonly command: readonly string[]
  readonly stdin: boolean
  readonly stdout: boolean
  /** Never with a terminal, which has one output. */
  readonly stderr: boolean
  readonly tty: boolean
}

/** @throws StatusError BadRequest */
export function commandOptions(query: URLSearchParams): CommandOptions {
  const tty = isTrue(query.get('tty'))
  const options = {
    container: query.get('container') ?? '',
    command: query.getAll('command'),
    stdin: isTrue(query.get('stdin')),
    stdout: isTrue(query.get('stdout')),
    stderr: isTrue(query.get('stderr')) && !tty,
    tty,
  }
  if (options.stdin || options.stdout || options.stderr) return options
  throw badRequest('you must specify at least 1 of stdin, stdout, stderr')
}
