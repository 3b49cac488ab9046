import { randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

/** What parsing a configuration may ask of the machine. Tests hand in their own. */
export interface ConfigIo {
  readFile(path: string): string
  /** False only when nothing is there; a file that may not be looked at exists. */
  exists(path: string): boolean
  /** A new unique ID, for a process that was given none. */
  newId(): string
}

export const systemConfigIo: ConfigIo = {
  readFile: (path) => readFileSync(path, 'utf8'),
  exists: (path) => {
    try {
      statSync(path)
      return true
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ENOENT'
    }
  },
  newId: randomUUID,
}
