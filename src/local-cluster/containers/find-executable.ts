import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../../common/errors.ts'

/** What runc searches where a container's environment says nothing. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A command cannot be run at all. The message is what runc says. */
export class StartError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_CONTAINER_START', message, options)
  }
}

/**
 * The file that a command's name means in the surroundings of a container, as an absolute path.
 *
 * @throws StartError
 */
export async function findExecutable(
  name: string,
  { env, workingDir }: { readonly env: Readonly<Record<string, string>>; readonly workingDir: string },
): Promise<string> {
  if (name.includes('/')) {
    const file = path.resolve(workingDir, name)
    const code = await whyNot(file)
    if (code === undefined) return file
    throw new StartError(
      `exec: ${JSON.stringify(name)}: stat ${name}: ${code === 'EACCES' ? 'permission denied' : 'no such file or directory'}`,
    )
  }
  const searchPath = Object.hasOwn(env, 'PATH') ? (env.PATH ?? '') : DEFAULT_PATH
  for (const directory of searchPath.split(':')) {
    const file = path.resolve(workingDir, directory, name)
    if (name !== '' && (await whyNot(file)) === undefined) return file
  }
  throw new StartError(`exec: ${JSON.stringify(name)}: executable file not found in $PATH`)
}

async function whyNot(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isDirectory() ? 'EACCES' : undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'ENOENT'
  }
}
