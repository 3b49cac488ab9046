import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../api/field-error.ts'
import { subdomainProblems } from '../../registry/index.ts'
import { labelSelectorErrors } from '../../selectors/index.ts'
import {
  backstepErrors,
  descendingFileErrors,
  labelNameErrors,
  listedErrors,
  nanosOf,
  subdomainErrors,
} from '../field-checks/index.ts'
import { FILE_FIELDS, fieldSelectorErrors, resourceFieldErrors } from './env-errors.ts'
import type {
  ClaimSpec,
  DownwardFile,
  DownwardFiles,
  KeyedFiles,
  KeyToPath,
  Projection,
  TokenFile,
  Volume,
} from './pod-shape.ts'
import { resourceQuantityErrors } from './resource-errors.ts'

const MAX_MODE = 0o777
const MODE_RULE = 'must be a number between 0 and 0777 (octal), both inclusive'
const SHORTEST_TOKEN_SECONDS = 10 * 60
const LONGEST_TOKEN_SECONDS = 2 ** 32
const LONGEST_DRIVER_NAME = 63
const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]
const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const VOLUME_MODES = ['Block', 'Filesystem']

/** In the order in which the original looks at them. */
const SOURCES = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
] as const

type Source = (typeof SOURCES)[number]

/** A misspelling, and a name, of the original's. */
const NAME_IN_REFUSAL: Partial<Record<Source, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }

export interface CheckedVolumes {
  /** Those that are valid, by name. */
  readonly volumes: ReadonlyMap<string, Volume>
  readonly errors: readonly FieldError[]
}

/** @param podName empty for a template; a volume's claim is named after the pod */
export function checkVolumes(volumes: readonly Volume[], podName: string, path: string): CheckedVolumes {
  const valid = new Map<string, Volume>()
  const claims = new Set(volumes.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${podName}-${name}`))
  const errors = volumes.flatMap((volume, index) => {
    const { name } = volume
    const at = `${path}[${index}]`
    const found = [
      ...sourceErrors(volume, podName, at),
      ...(name === '' ? [required(`${at}.name`)] : labelNameErrors(name, `${at}.name`)),
      ...(valid.has(name) ? [duplicate(`${at}.name`, name)] : []),
    ]
    if (found.length === 0) valid.set(name, volume)
    const claimName = volume.persistentVolumeClaim?.claimName ?? ''
    if (podName === '' || !claims.has(claimName)) return found
    const detail = 'must not reference a PVC that gets created for an ephemeral volume'
    return [...found, invalid(`${at}.persistentVolumeClaim.claimName`, claimName, detail)]
  })
  return { volumes: valid, errors }
}

/** What is wrong with the spec of a PersistentVolumeClaim, or of the template of one. */
export function claimSpecErrors(spec: ClaimSpec, path: string): FieldError[] {
  const { accessModes = [], selector, storageClassName = '', volumeMode } = spec
  const storage = spec.resources?.requests?.storage
  return [
    ...(accessModes.length === 0
      ? [required(`${path}.accessModes`, 'at least 1 access mode is required')]
      : []),
    ...(selector ? labelSelectorErrors(selector, `${path}.selector`) : []),
    ...accessModeErrors(accessModes, `${path}.accessModes`),
    ...storageErrors(storage, `${path}.resources[storage]`),
    ...(storageClassName === '' ? [] : subdomainErrors(storageClassName, `${path}.storageClassName`)),
    ...(volumeMode === undefined || VOLUME_MODES.includes(volumeMode)
      ? []
      : [notSupported(`${path}.volumeMode`, volumeMode, VOLUME_MODES)]),
  ]
}

export function accessModeErrors(modes: readonly string[], path: string): FieldError[] {
  const isMixed =
    modes.includes('ReadWriteOncePod') &&
    modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode))
  return [
    ...modes
      .filter((mode) => !ACCESS_MODES.includes(mode))
      .map((mode) => notSupported(path, mode, ACCESS_MODES)),
    ...(isMixed ? [forbidden(path, 'may not use ReadWriteOncePod with other access modes')] : []),
  ]
}

export function hostPathErrors(
  { path: hostPath, type = '' }: { readonly path: string; readonly type?: string },
  path: string,
): FieldError[] {
  if (hostPath === '') return [required(`${path}.path`)]
  return [
    ...backstepErrors(hostPath, `${path}.path`),
    ...(HOST_PATH_TYPES.includes(type) ? [] : [notSupported(`${path}.type`, type, HOST_PATH_TYPES)]),
  ]
}

export function nfsErrors(
  { server, path: serverPath }: { readonly server: string; readonly path: string },
  path: string,
): FieldError[] {
  return [
    ...(server === '' ? [required(`${path}.server`)] : []),
    ...(serverPath === '' ? [required(`${path}.path`)] : []),
    ...(serverPath.startsWith('/') ? [] : [invalid(`${path}.path`, serverPath, 'must be an absolute path')]),
  ]
}

export function csiDriverErrors(driver: string, path: string): FieldError[] {
  return [
    ...(driver === '' ? [required(path)] : []),
    ...(driver.length > LONGEST_DRIVER_NAME
      ? [tooLong(path, `may not be more than ${LONGEST_DRIVER_NAME} bytes`)]
      : []),
    ...subdomainProblems(driver.toLowerCase()).map((problem) => invalid(path, driver, problem)),
  ]
}

function sourceErrors(volume: Volume, podName: string, path: string): FieldError[] {
  const present = SOURCES.filter((name) => volume[name] !== undefined)
  if (present.length === 0) return [required(path, 'must specify a volume type')]
  return present.flatMap((name, index) =>
    index === 0
      ? oneSourceErrors(name, volume, podName, path)
      : [forbidden(`${path}.${NAME_IN_REFUSAL[name] ?? name}`, 'may not specify more than 1 volume type')],
  )
}

/** Of sources that are no longer served by anything, the server here knows no more than their names. */
function oneSourceErrors(source: Source, volume: Volume, podName: string, path: string): FieldError[] {
  const at = `${path}.${source}`
  const { hostPath, nfs, secret, configMap, downwardAPI, projected, persistentVolumeClaim } = volume
  switch (source) {
    case 'emptyDir':
      return emptyDirErrors(volume, at)
    case 'hostPath':
      return hostPath ? hostPathErrors(hostPath, at) : []
    case 'nfs':
      return nfs ? nfsErrors(nfs, at) : []
    case 'secret':
      return secret ? keyedFilesErrors(secret, 'secretName', at) : []
    case 'configMap':
      return configMap ? keyedFilesErrors(configMap, 'name', at) : []
    case 'downwardAPI':
      return downwardAPI ? downwardFilesErrors(downwardAPI, at) : []
    case 'projected':
      return projected
        ? [
            ...modeErrors(projected.defaultMode, `${at}.defaultMode`),
            ...projectionsErrors(projected.sources ?? [], at),
          ]
        : []
    case 'persistentVolumeClaim':
      return persistentVolumeClaim?.claimName ? [] : [required(`${at}.claimName`)]
    case 'csi':
      return csiErrors(volume, at)
    case 'ephemeral':
      return ephemeralErrors(volume, podName, path)
    case 'image':
      return imageErrors(volume, podName, at)
    default:
      return []
  }
}

function emptyDirErrors({ emptyDir }: Volume, path: string): FieldError[] {
  const limit = emptyDir?.sizeLimit
  if (limit === undefined || nanosOf(limit) >= 0n) return []
  return [forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
}

function keyedFilesErrors(files: KeyedFiles, nameField: 'name' | 'secretName', path: string): FieldError[] {
  return [
    ...(files[nameField] ? [] : [required(`${path}.${nameField}`)]),
    ...modeErrors(files.defaultMode, `${path}.defaultMode`),
    ...(files.items ?? []).flatMap((item, index) => keyToPathErrors(item, `${path}.items[${index}]`)),
  ]
}

function keyToPathErrors({ key, path: file, mode }: KeyToPath, path: string): FieldError[] {
  return [
    ...(key === '' ? [required(`${path}.key`)] : []),
    ...(file === '' ? [required(`${path}.path`)] : []),
    ...descendingFileErrors(file, `${path}.path`),
    ...modeErrors(mode, `${path}.mode`),
  ]
}

function downwardFilesErrors({ items, defaultMode }: DownwardFiles, path: string): FieldError[] {
  return [
    ...modeErrors(defaultMode, `${path}.defaultMode`),
    ...(items ?? []).flatMap((item) => downwardFileErrors(item, path)),
  ]
}

/** The original does not say which of the files it is. */
function downwardFileErrors(file: DownwardFile, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef } = file
  return [
    ...(file.path === '' ? [required(`${path}.path`)] : []),
    ...descendingFileErrors(file.path, `${path}.path`),
    ...(fieldRef ? fieldSelectorErrors(fieldRef, FILE_FIELDS, `${path}.fieldRef`) : []),
    ...(fieldRef && resourceFieldRef
      ? [invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')]
      : []),
    ...(!fieldRef && resourceFieldRef
      ? resourceFieldErrors(resourceFieldRef, true, `${path}.resourceFieldRef`)
      : []),
    ...(fieldRef || resourceFieldRef
      ? []
      : [required(path, 'one of fieldRef and resourceFieldRef is required')]),
    ...modeErrors(file.mode, `${path}.mode`),
  ]
}

function projectionsErrors(sources: readonly Projection[], path: string): FieldError[] {
  const taken = new Set<string>()
  /** @param named what the original shows beside the conflict */
  const conflict = (file: string, named: string): FieldError[] => {
    if (file === '') return []
    if (taken.has(file)) return [invalid(path, named, 'conflicting duplicate paths')]
    taken.add(file)
    return []
  }
  return sources.flatMap((source, index) => {
    const at = `${path}.sources[${index}]`
    const { secret, configMap, downwardAPI, serviceAccountToken } = source
    return [
      ...(secret ? projectedKeysErrors(secret, conflict, `${at}.secret`) : []),
      ...(configMap ? projectedKeysErrors(configMap, conflict, `${at}.configMap`) : []),
      ...(downwardAPI?.items ?? []).flatMap((item) => [
        ...downwardFileErrors(item, `${at}.downwardAPI`),
        ...conflict(item.path, item.path),
      ]),
      ...(serviceAccountToken ? tokenErrors(serviceAccountToken, `${at}.serviceAccountToken`, path) : []),
      ...(Object.keys(source).length > 1
        ? [forbidden(at, 'may not specify more than 1 volume type per source')]
        : []),
    ]
  })
}

function projectedKeysErrors(
  { name = '', items = [] }: KeyedFiles,
  conflict: (file: string, named: string) => FieldError[],
  path: string,
): FieldError[] {
  return [
    ...(name === '' ? [required(`${path}.name`)] : []),
    ...items.flatMap((item, index) => [
      ...keyToPathErrors(item, `${path}.items[${index}]`),
      ...conflict(item.path, name),
    ]),
  ]
}

function tokenErrors(token: TokenFile, path: string, volumePath: string): FieldError[] {
  const { expirationSeconds: seconds = SHORTEST_TOKEN_SECONDS, path: file } = token
  const at = `${path}.expirationSeconds`
  return [
    ...(seconds < SHORTEST_TOKEN_SECONDS
      ? [invalid(at, seconds, 'may not specify a duration less than 10 minutes')]
      : []),
    ...(seconds > LONGEST_TOKEN_SECONDS
      ? [invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds')]
      : []),
    ...(file === '' ? [required(`${volumePath}.path`)] : descendingFileErrors(file, `${volumePath}.path`)),
  ]
}

function csiErrors({ csi }: Volume, path: string): FieldError[] {
  if (!csi) return []
  const secret = csi.nodePublishSecretRef
  return [
    ...csiDriverErrors(csi.driver, `${path}.driver`),
    ...(secret && !secret.name ? [required(`${path}.nodePublishSecretRef.name`)] : []),
    ...(secret?.name ? subdomainErrors(secret.name, `${path}.name`) : []),
  ]
}

function ephemeralErrors({ name, ephemeral }: Volume, podName: string, path: string): FieldError[] {
  const template = ephemeral?.volumeClaimTemplate
  const at = `${path}.ephemeral.volumeClaimTemplate`
  const claimName = `${podName}-${name}`
  return [
    ...(template ? claimSpecErrors(template.spec, `${at}.spec`) : [required(at)]),
    ...(podName === '' || name === ''
      ? []
      : subdomainProblems(claimName).map((problem) =>
          invalid(`${path}.name`, name, `PVC name ${JSON.stringify(claimName)}: ${problem}`),
        )),
  ]
}

function imageErrors({ image }: Volume, podName: string, path: string): FieldError[] {
  return [
    ...(podName !== '' && !image?.reference ? [required(`${path}.reference`)] : []),
    ...listedErrors(image?.pullPolicy, ['Always', 'IfNotPresent', 'Never'], `${path}.pullPolicy`),
  ]
}

function modeErrors(mode: number | undefined, path: string): FieldError[] {
  return mode === undefined || (mode >= 0 && mode <= MAX_MODE) ? [] : [invalid(path, mode, MODE_RULE)]
}

function storageErrors(storage: string | undefined, path: string): FieldError[] {
  if (storage === undefined) return [required(path)]
  if (nanosOf(storage) <= 0n) return [invalid(path, storage, 'must be greater than zero')]
  return resourceQuantityErrors('storage', storage, path)
}
