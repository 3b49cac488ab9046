import { open, stat } from 'node:fs/promises'
import path from 'node:path'
import { makeDirectory } from '../../common/make-directory.ts'
import { VolumeError } from './errors.ts'

type Stats = Awaited<ReturnType<typeof stat>>

const CHECKS: Readonly<Record<string, readonly [test: (found: Stats) => boolean, what: string]>> = {
  Directory: [(found) => found.isDirectory(), 'a directory'],
  DirectoryOrCreate: [(found) => found.isDirectory(), 'a directory'],
  File: [(found) => found.isFile(), 'a file'],
  FileOrCreate: [(found) => found.isFile(), 'a file'],
  Socket: [(found) => found.isSocket(), 'a socket file'],
  CharDevice: [(found) => found.isCharacterDevice(), 'a character device'],
  BlockDevice: [(found) => found.isBlockDevice(), 'a block device'],
}

/**
 * A path of this machine as a volume, made first where its type says so (kubernetes, pkg/volume/hostpath).
 *
 * @returns the path
 * @throws VolumeError
 */
export async function setUpHostPath(source: {
  readonly path: string
  readonly type?: string
}): Promise<string> {
  const { type = '' } = source
  if (!path.isAbsolute(source.path))
    throw new VolumeError(`hostPath must be an absolute path: ${JSON.stringify(source.path)}`)
  const target = path.normalize(source.path)
  if (type === '') return target
  const [test, what] = (Object.hasOwn(CHECKS, type) ? CHECKS[type] : undefined) ?? []
  if (!test) throw new VolumeError(`${JSON.stringify(type)} is an unknown type of hostPath`)
  if (type === 'DirectoryOrCreate') await makeDirectory(target, 0o755).catch(() => {})
  if (type === 'FileOrCreate') await createFile(target)
  const found = await stat(target).catch(() => undefined)
  if (!found || !test(found)) throw new VolumeError(`hostPath type check failed: ${target} is not ${what}`)
  return target
}

/** Its folder must be there. What fails here fails the check. */
async function createFile(target: string): Promise<void> {
  const file = await open(target, 'a', 0o644).catch(() => undefined)
  await file?.close()
}
