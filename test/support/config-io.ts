import type { ConfigIo } from '../../src/common/config-io.ts'

/** A machine on which just these files exist. */
export function configIo(files: Readonly<Record<string, string>> = {}): ConfigIo {
  return {
    readFile: (path) => {
      const text = files[path]
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
      return text
    },
    exists: (path) => Object.hasOwn(files, path),
    newId: () => 'new-id',
  }
}
