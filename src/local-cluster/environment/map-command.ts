import path from 'node:path'
import { mapPaths, mountedAt } from './map-paths.ts'

const ARCHIVE = ['tar', 'cf', '-']

/**
 * A command to be run in a container, with its paths where they are on this machine. `kubectl cp` has one that archives a path to its
 * output, and goes by the names in the archive: those stay as in the container.
 */
export function mapCommand(
  command: readonly string[],
  mounts: readonly { mountPath: string }[],
  rootfs: string,
): readonly string[] {
  const mapped = command.map((word) => mapPaths(word, mounts, rootfs))
  const archived = command[ARCHIVE.length] ?? ''
  const isArchive =
    command.length === ARCHIVE.length + 1 && ARCHIVE.every((word, index) => word === command[index])
  if (!isArchive || mapped[ARCHIVE.length] === archived) return mapped
  const full = mountedAt(archived)
  const member = path.posix.relative('/', full)
  // A mount is a link to its volume, and meant is what is in that.
  const isMount = mounts.some(({ mountPath }) => mountedAt(mountPath) === full)
  return [...ARCHIVE, '-C', rootfs, isMount ? `${member}/.` : member]
}
