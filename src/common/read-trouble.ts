import { errorMessage } from './errors.ts'

const TROUBLES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of its path is a file itself',
  EISDIR: 'it is a directory, where a file is wanted',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ELOOP: 'it is a symbolic link that leads back to itself',
  ENAMETOOLONG: 'its name is too long; is it the content of a file, in place of its name?',
}

/** Why a file that a person named could not be read, in words that need no knowledge of the system's. */
export function readTrouble(thrown: unknown): string {
  const { code = '' } = thrown instanceof Error ? (thrown as NodeJS.ErrnoException) : {}
  return Object.hasOwn(TROUBLES, code) ? (TROUBLES[code] ?? '') : errorMessage(thrown)
}
