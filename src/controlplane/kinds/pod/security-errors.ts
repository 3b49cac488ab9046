import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../api/field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'
import { descendingPathErrors, MAX_INT32, rangeProblem } from '../field-checks/index.ts'
import type { PodSecurityContext, PodSpec, SecurityContext, TypedProfile } from './pod-shape.ts'

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined']
const PROC_MOUNTS = ['Default', 'Unmasked']
const LONGEST_PROFILE_BYTES = 4095
const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const SYSCTL = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`
const LONGEST_SYSCTL = 253

/** What is wrong with the security context of a container. */
export function securityContextErrors(
  context: SecurityContext,
  { hostUsers = true }: PodSpec,
  path: string,
): FieldError[] {
  const { procMount, seccompProfile, appArmorProfile } = context
  return [
    ...idErrors(context.runAsUser, `${path}.runAsUser`),
    ...idErrors(context.runAsGroup, `${path}.runAsGroup`),
    ...(procMount !== undefined && !PROC_MOUNTS.includes(procMount)
      ? [notSupported(`${path}.procMount`, procMount, PROC_MOUNTS)]
      : []),
    ...(hostUsers && procMount === 'Unmasked'
      ? [invalid(`${path}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`')]
      : []),
    ...(seccompProfile ? seccompErrors(seccompProfile, `${path}.seccompProfile`) : []),
    ...escalationErrors(context, path),
    ...(appArmorProfile ? appArmorErrors(appArmorProfile, `${path}.appArmorProfile`) : []),
  ]
}

/** As `securityContextErrors`, of the pod as a whole. */
export function podSecurityContextErrors(
  context: PodSecurityContext,
  spec: PodSpec,
  path: string,
): FieldError[] {
  const { supplementalGroups, sysctls, seccompProfile, appArmorProfile } = context
  return [
    ...idErrors(context.fsGroup, `${path}.fsGroup`),
    ...idErrors(context.runAsUser, `${path}.runAsUser`),
    ...idErrors(context.runAsGroup, `${path}.runAsGroup`),
    ...(supplementalGroups ?? []).flatMap((group, index) =>
      idErrors(group, `${path}.supplementalGroups[${index}]`),
    ),
    ...(spec.shareProcessNamespace && spec.hostPID
      ? [
          invalid(
            `${path}.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...sysctlErrors(
      (sysctls ?? []).map(({ name }) => name),
      spec,
      `${path}.sysctls`,
    ),
    ...optionErrors(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`),
    ...(seccompProfile ? seccompErrors(seccompProfile, `${path}.seccompProfile`) : []),
    ...(appArmorProfile ? appArmorErrors(appArmorProfile, `${path}.appArmorProfile`) : []),
    ...optionErrors(
      context.supplementalGroupsPolicy,
      ['Merge', 'Strict'],
      `${path}.supplementalGroupsPolicy`,
    ),
    ...optionErrors(context.seLinuxChangePolicy, ['MountOption', 'Recursive'], `${path}.seLinuxChangePolicy`),
  ]
}

/** Users of a pod's own go with none of the host's other namespaces. */
export function hostUsersErrors(
  { hostUsers, hostNetwork, hostPID, hostIPC }: PodSpec,
  path: string,
): FieldError[] {
  if (hostUsers !== false) return []
  const detail = 'when `pod.Spec.HostUsers` is false'
  return [
    ...(hostNetwork ? [forbidden(`${path}.hostNetwork`, detail)] : []),
    ...(hostPID ? [forbidden(`${path}.HostPID`, detail)] : []),
    ...(hostIPC ? [forbidden(`${path}.HostIPC`, detail)] : []),
  ]
}

function idErrors(id: number | undefined, path: string): FieldError[] {
  if (id === undefined || (id >= 0 && id <= MAX_INT32)) return []
  return [invalid(path, id, rangeProblem(0, MAX_INT32))]
}

function optionErrors(value: string | undefined, supported: readonly string[], path: string): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

function escalationErrors(context: SecurityContext, path: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return []
  const refusal = 'cannot set `allowPrivilegeEscalation` to false and'
  const added = context.capabilities?.add ?? []
  return [
    ...(context.privileged
      ? [invalid(path, internalForm(context), `${refusal} \`privileged\` to true`)]
      : []),
    ...(added.includes('CAP_SYS_ADMIN')
      ? [invalid(path, internalForm(context), `${refusal} \`capabilities.Add\` CAP_SYS_ADMIN`)]
      : []),
  ]
}

function seccompErrors({ type, localhostProfile }: TypedProfile, path: string): FieldError[] {
  const isLocal = type === 'Localhost'
  return [
    ...(type === '' ? [required(`${path}.type`, 'type is required when seccompProfile is set')] : []),
    ...(type === '' || PROFILE_TYPES.includes(type)
      ? []
      : [notSupported(`${path}.type`, type, PROFILE_TYPES)]),
    ...(isLocal && localhostProfile === undefined
      ? [required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost')]
      : []),
    ...(isLocal && localhostProfile !== undefined
      ? descendingPathErrors(localhostProfile, `${path}.localhostProfile`)
      : []),
    ...(!isLocal && localhostProfile !== undefined
      ? [
          invalid(
            `${path}.localhostProfile`,
            { Type: type, LocalhostProfile: localhostProfile },
            'can only be set when seccomp type is Localhost',
          ),
        ]
      : []),
  ]
}

function appArmorErrors({ type, localhostProfile }: TypedProfile, path: string): FieldError[] {
  const at = `${path}.localhostProfile`
  switch (type) {
    case 'Localhost':
      return localAppArmorErrors(localhostProfile, at)
    case 'RuntimeDefault':
    case 'Unconfined':
      return localhostProfile === undefined
        ? []
        : [invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost')]
    case '':
      return [required(`${path}.type`, 'type is required when appArmorProfile is set')]
    default:
      return [notSupported(`${path}.type`, type, PROFILE_TYPES)]
  }
}

function localAppArmorErrors(profile: string | undefined, path: string): FieldError[] {
  const missing = required(path, 'must be set when AppArmor type is Localhost')
  if (profile === undefined) return [missing]
  const isPadded = profile.trim() !== profile
  return [
    ...(isPadded ? [invalid(path, profile, 'must not be padded with whitespace')] : []),
    ...(profile === '' ? [missing] : []),
    ...(Buffer.byteLength(profile) > LONGEST_PROFILE_BYTES
      ? [tooLong(path, `may not be more than ${LONGEST_PROFILE_BYTES} bytes`)]
      : []),
  ]
}

function sysctlErrors(names: readonly string[], spec: PodSpec, path: string): FieldError[] {
  return names.flatMap((name, index) => {
    const at = `${path}[${index}].name`
    return [
      ...(name === '' ? [required(at)] : isSysctl(name) ? [] : [invalid(at, name, sysctlRule())]),
      ...(spec.hostNetwork && name.startsWith('net.')
        ? [invalid(at, name, "may not be specified when 'hostNetwork' is true")]
        : []),
      ...(spec.hostIPC && /^(kernel\.(shm|msg)|kernel\.sem$|fs\.mqueue\.)/.test(name)
        ? [invalid(at, name, "may not be specified when 'hostIPC' is true")]
        : []),
    ]
  })
}

function isSysctl(name: string): boolean {
  return name.length <= LONGEST_SYSCTL && new RegExp(SYSCTL).test(name)
}

function sysctlRule(): string {
  return `must have at most ${LONGEST_SYSCTL} characters and match regex ${SYSCTL}`
}

/** The original prints its internal type, whose fields are all there and have Go's names. */
function internalForm(context: SecurityContext): JsonObject {
  const { capabilities, windowsOptions, seccompProfile, appArmorProfile } = context
  return {
    Capabilities: capitalized(capabilities, ['Add', 'Drop']),
    Privileged: context.privileged ?? null,
    SELinuxOptions: capitalized(context.seLinuxOptions, ['User', 'Role', 'Type', 'Level']),
    WindowsOptions: capitalized(windowsOptions, [
      'GMSACredentialSpecName',
      'GMSACredentialSpec',
      'RunAsUserName',
      'HostProcess',
    ]),
    RunAsUser: context.runAsUser ?? null,
    RunAsGroup: context.runAsGroup ?? null,
    RunAsNonRoot: context.runAsNonRoot ?? null,
    ReadOnlyRootFilesystem: context.readOnlyRootFilesystem ?? null,
    AllowPrivilegeEscalation: context.allowPrivilegeEscalation ?? null,
    ProcMount: context.procMount ?? null,
    SeccompProfile: capitalized(seccompProfile, ['Type', 'LocalhostProfile']),
    AppArmorProfile: capitalized(appArmorProfile, ['Type', 'LocalhostProfile']),
  }
}

function capitalized(value: JsonValue | undefined, names: readonly string[]): JsonObject | null {
  if (!isJsonObject(value)) return null
  return Object.fromEntries(names.map((name) => [name, value[jsonName(name)] ?? null]))
}

/** `RunAsUserName` is `runAsUserName`, and `GMSACredentialSpec` is `gmsaCredentialSpec`. */
function jsonName(goName: string): string {
  return goName.replace(/^[A-Z]+(?=[A-Z])|^[A-Z]/, (start) => start.toLowerCase())
}
