import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import { backstepErrors, descendingPathErrors, notFoundField } from '../field-checks/index.ts'
import type { Container, Volume, VolumeMount } from './pod-shape.ts'

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None']
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible']

type Volumes = ReadonlyMap<string, Volume>

/** What is wrong with where a container has the pod's volumes. */
export function volumeMountErrors(container: Container, volumes: Volumes, path: string): FieldError[] {
  const { volumeMounts = [], volumeDevices = [] } = container
  const devices = new Map(volumeDevices.map(({ name, devicePath }) => [name, devicePath]))
  const devicePaths = new Set(devices.values())
  const taken = new Set<string>()
  return volumeMounts.flatMap((mount, index) => {
    const { name, mountPath } = mount
    const at = `${path}[${index}]`
    const isTaken = taken.has(mountPath)
    taken.add(mountPath)
    return [
      ...(name === '' ? [required(`${at}.name`)] : []),
      ...(volumes.has(name) ? [] : [notFoundField(`${at}.name`, name)]),
      ...(mountPath === '' ? [required(`${at}.mountPath`)] : []),
      ...(isTaken ? [invalid(`${at}.mountPath`, mountPath, 'must be unique')] : []),
      ...(devices.has(name) ? [invalid(`${at}.name`, name, 'must not already exist in volumeDevices')] : []),
      ...(devicePaths.has(mountPath)
        ? [invalid(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices')]
        : []),
      ...subPathErrors(mount, volumes, at, path),
      ...propagationErrors(mount, container, `${path}.mountPropagation`),
      ...recursiveReadOnlyErrors(mount, `${path}.recursiveReadOnly`),
    ]
  })
}

/** As `volumeMountErrors`, of volumes that are raw devices. */
export function volumeDeviceErrors(container: Container, volumes: Volumes, path: string): FieldError[] {
  const { volumeMounts = [], volumeDevices = [] } = container
  const mounts = new Map(volumeMounts.map(({ name, mountPath }) => [name, mountPath]))
  const mountPaths = new Set(mounts.values())
  const names = new Set<string>()
  const paths = new Set<string>()
  return volumeDevices.flatMap(({ name, devicePath }, index) => {
    const at = `${path}[${index}]`
    const volume = volumes.get(name)
    const hasBacksteps = devicePath !== '' && backstepErrors(devicePath, at).length > 0
    const errors = [
      ...(name === '' ? [required(`${at}.name`)] : []),
      ...(names.has(name) ? [invalid(`${at}.name`, name, 'must be unique')] : []),
      ...(volume && !volume.persistentVolumeClaim && !volume.ephemeral
        ? [
            invalid(
              `${at}.name`,
              name,
              'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
            ),
          ]
        : []),
      ...(volume ? [] : [notFoundField(`${at}.name`, name)]),
      ...(devicePath === '' ? [required(`${at}.devicePath`)] : []),
      ...(paths.has(devicePath) ? [invalid(`${at}.devicePath`, devicePath, 'must be unique')] : []),
      ...(hasBacksteps ? [invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')")] : []),
      ...(mounts.has(name) ? [invalid(`${at}.name`, name, 'must not already exist in volumeMounts')] : []),
      ...(mountPaths.has(devicePath)
        ? [invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts')]
        : []),
    ]
    if (!hasBacksteps) paths.add(devicePath)
    if (name !== '') names.add(name)
    return errors
  })
}

/** @param listPath of all mounts, where the original has some of its findings */
function subPathErrors(mount: VolumeMount, volumes: Volumes, at: string, listPath: string): FieldError[] {
  const { name, subPath = '', subPathExpr = '' } = mount
  const isImage = volumes.get(name)?.image !== undefined
  const refusal = 'not allowed in image volume sources'
  return [
    ...(isImage && subPath !== '' ? [invalid(`${at}.subPath`, subPath, refusal)] : []),
    ...(isImage && subPathExpr !== '' ? [invalid(`${at}.subPathExpr`, subPathExpr, refusal)] : []),
    ...(subPath === '' ? [] : descendingPathErrors(subPath, `${listPath}.subPath`)),
    ...(subPath === '' || subPathExpr === ''
      ? []
      : [invalid(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive')]),
    ...(subPathExpr === '' ? [] : descendingPathErrors(subPathExpr, `${listPath}.subPathExpr`)),
  ]
}

function propagationErrors(
  { mountPropagation: propagation }: VolumeMount,
  { securityContext }: Container,
  path: string,
): FieldError[] {
  if (propagation === undefined) return []
  return [
    ...(PROPAGATIONS.includes(propagation) ? [] : [notSupported(path, propagation, PROPAGATIONS)]),
    ...(propagation === 'Bidirectional' && securityContext?.privileged !== true
      ? [forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')]
      : []),
  ]
}

function recursiveReadOnlyErrors(mount: VolumeMount, path: string): FieldError[] {
  const { recursiveReadOnly: recursive, readOnly, mountPropagation = 'None' } = mount
  if (recursive === undefined || recursive === 'Disabled') return []
  if (!RECURSIVE_READ_ONLY.includes(recursive)) return [notSupported(path, recursive, RECURSIVE_READ_ONLY)]
  return [
    ...(readOnly ? [] : [forbidden(path, 'may only be specified when readOnly is true')]),
    ...(mountPropagation === 'None'
      ? []
      : [forbidden(path, 'may only be specified when mountPropagation is None or not specified')]),
  ]
}
