import { lstat, readlink, rm, stat, symlink } from 'node:fs/promises'
import path from 'node:path'
import type { Container, VolumeMount } from '../../apis/core/v1.ts'
import { makeDirectory } from '../../common/make-directory.ts'
import { expandVariables, mountedAt } from '../environment/index.ts'
import { VolumeError } from './errors.ts'
import { isReallyWithin, isWithin } from './within.ts'

/** Where a volume is, and whether it may get new folders. */
export interface VolumePlace {
  readonly path: string
  readonly kind: 'emptyDir' | 'hostPath' | 'projection'
}

interface Mount extends VolumeMount {
  /** `mountPath`, in its shortest form. */
  readonly at: string
  readonly volume: VolumePlace
}

/**
 * Makes the folder in which each mount path of a container is a symlink to its volume, or to a part of that.
 *
 * A mount within another one is a symlink within that volume, as it would be an empty folder there in a cluster; what belongs to
 * the machine is not changed for that.
 *
 * @param env the container's variables, for `subPathExpr`
 * @throws VolumeError
 */
export async function makeRootfs(
  rootfs: string,
  container: Container,
  volumes: ReadonlyMap<string, VolumePlace>,
  env: ReadonlyMap<string, string>,
): Promise<void> {
  await rm(rootfs, { recursive: true, force: true }) // symlinks in it are not followed
  await makeDirectory(rootfs, 0o755)
  const mounts = (container.volumeMounts ?? []).map((mount): Mount => {
    const volume = volumes.get(mount.name)
    if (!volume) throw new VolumeError(`volumeMounts[].name: Not found: ${JSON.stringify(mount.name)}`)
    return { ...mount, at: mountedAt(mount.mountPath), volume }
  })
  mounts.sort((one, other) => one.at.length - other.at.length)
  for (const [index, mount] of mounts.entries()) {
    if (mount.at === '/') throw new VolumeError('a local cluster cannot mount a volume at /')
    const outer = mounts.slice(0, index).findLast(({ at }) => isWithin(at, mount.at))
    if (outer) verifyNesting(outer, mount)
    await link(await targetOf(mount, env), path.join(rootfs, mount.at))
  }
}

function verifyNesting(outer: Mount, inner: Mount): void {
  if (outer.volume.kind === 'hostPath')
    throw new VolumeError(
      `cannot mount ${inner.at}: it is within the hostPath volume ${JSON.stringify(outer.name)}, which a local cluster leaves as it is`,
    )
}

/** What the mount shows: the volume, or its part of the name. */
async function targetOf(mount: Mount, env: ReadonlyMap<string, string>): Promise<string> {
  const { subPath = '', subPathExpr = '', volume } = mount
  const part = subPathExpr === '' ? subPath : expandStrictly(subPathExpr, env)
  if (part === '') return volume.path
  if (path.posix.isAbsolute(part))
    throw new VolumeError(`error SubPath ${JSON.stringify(part)} must not be an absolute path`)
  if (part.split('/').includes('..'))
    throw new VolumeError(`unable to provision SubPath ${JSON.stringify(part)}: must not contain '..'`)
  const target = path.join(volume.path, part)
  if (!(await isReallyWithin(volume.path, target)))
    throw new VolumeError(`subpath ${JSON.stringify(part)} is not within volume path ${volume.path}`)
  if (volume.kind !== 'projection' && !(await exists(target))) await makeDirectory(target, 0o755)
  return target
}

/** Unlike in arguments, each variable must be there. */
function expandStrictly(text: string, env: ReadonlyMap<string, string>): string {
  return expandVariables(text, (name) => {
    const value = env.get(name)
    if (value === undefined)
      throw new VolumeError(
        `failed to expand subPathExpr ${JSON.stringify(text)}: missing value for ${JSON.stringify(name)}`,
      )
    return value
  })
}

async function link(target: string, at: string): Promise<void> {
  await makeDirectory(path.dirname(at), 0o755)
  const found = await lstat(at).catch(() => undefined)
  if (found) {
    if (found.isSymbolicLink() && (await readlink(at)) === target) return
    if (found.isSymbolicLink()) await rm(at)
    else throw new VolumeError(`cannot mount at ${at}: the volume around it has a file of that name`)
  }
  await symlink(target, at)
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
