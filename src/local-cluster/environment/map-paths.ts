import path from 'node:path'

/** A character that may go before a path only as a part of it, so that `/a` is not found in `b/a`, `./a` or `http://host/a`. */
const WITHIN_A_PATH = '[\\w./~%*)}\\]+@#?-]'
/** A character with which the last name of a path would go on: `/spoke` is not found in `/spokeother` or `/spoke.yaml`. */
const WITHIN_A_NAME = '[\\w.~%*+@-]'

/**
 * A text (an argument, a variable's value) in which each path at or below a mount is where that is on this machine. Only whole
 * paths are meant: `--file=/mnt/x` and `/mnt:/other` hold one of `/mnt`, and `/mnt2` and `https://host/mnt` do not.
 *
 * @param rootfs the folder in which the mount paths are found
 */
export function mapPaths(text: string, mounts: readonly { mountPath: string }[], rootfs: string): string {
  const paths = [...new Set(mounts.map(({ mountPath }) => mountedAt(mountPath)))]
    .filter((mounted) => mounted !== '/')
    .sort((one, other) => other.length - one.length)
  if (paths.length === 0) return text
  const alternatives = paths.map((mounted) => mounted.replace(/[^\w/]/g, '\\$&')).join('|')
  const isolated = new RegExp(
    `(?:(?<!${WITHIN_A_PATH})|(?<=(?<!\\w)(?:file|unix)://))(?:${alternatives})(?!${WITHIN_A_NAME})`,
    'g',
  )
  return text.replace(isolated, (mounted) => `${rootfs}${mounted}`)
}

/** A mount path in its shortest form, absolute and within the root. */
export function mountedAt(mountPath: string): string {
  const normal = path.posix.normalize(`/${mountPath}`)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}
