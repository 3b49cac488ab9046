import { duplicate, type FieldError, forbidden, invalid, required } from '../../api/field-error.ts'
import {
  labelNameErrors,
  listedErrors,
  notFoundField,
  PORT_PROTOCOLS,
  portNameProblems,
  portNumberProblems,
} from '../field-checks/index.ts'
import { envErrors, envFromErrors } from './env-errors.ts'
import {
  lifecycleErrors,
  livenessProbeErrors,
  readinessProbeErrors,
  startupProbeErrors,
} from './handler-errors.ts'
import type {
  Container,
  ContainerPort,
  EphemeralContainer,
  PodSpec,
  ResizePolicy,
  Volume,
} from './pod-shape.ts'
import { containerResourcesErrors } from './resource-errors.ts'
import { securityContextErrors } from './security-errors.ts'
import { volumeDeviceErrors, volumeMountErrors } from './volume-mount-errors.ts'

const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError']
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never']
const ONLY_FOR_SIDECARS = 'may not be set for init containers without restartPolicy=Always'
/** What a container that is put into a running pod cannot have, in the order of Go's fields. */
const NOT_EPHEMERAL = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
]

/** What the containers of a pod can refer to, or depend on. */
export interface ContainerSurroundings {
  readonly spec: PodSpec
  /** By name; of those that are valid. */
  readonly volumes: ReadonlyMap<string, Volume>
  readonly claimNames: ReadonlySet<string>
}

export function containersErrors(surroundings: ContainerSurroundings, path: string): FieldError[] {
  const containers = surroundings.spec.containers ?? []
  if (containers.length === 0) return [required(path)]
  const names = new Set<string>()
  return [
    ...containers.flatMap((container, index) => {
      const at = `${path}[${index}]`
      const isKnown = names.has(container.name)
      names.add(container.name)
      return [
        ...commonErrors(container, surroundings, at),
        ...(isKnown ? [duplicate(`${at}.name`, container.name)] : []),
        ...lifeErrors(container, surroundings.spec.terminationGracePeriodSeconds, at),
      ]
    }),
    ...hostPortErrors(containers, path),
  ]
}

export function initContainersErrors(surroundings: ContainerSurroundings, path: string): FieldError[] {
  const { spec } = surroundings
  const names = new Set((spec.containers ?? []).map(({ name }) => name))
  return (spec.initContainers ?? []).flatMap((container, index) => {
    const at = `${path}[${index}]`
    const isKnown = names.has(container.name)
    if (container.name !== '') names.add(container.name)
    return [
      ...commonErrors(container, surroundings, at),
      ...(isKnown ? [duplicate(`${at}.name`, container.name)] : []),
      ...hostPortErrors([container], path),
      ...(container.restartPolicy === 'Always'
        ? lifeErrors(container, spec.terminationGracePeriodSeconds, at)
        : ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']
            .filter((field) => container[field] !== undefined)
            .map((field) => forbidden(`${at}.${field}`, ONLY_FOR_SIDECARS))),
    ]
  })
}

export function ephemeralContainersErrors(surroundings: ContainerSurroundings, path: string): FieldError[] {
  const { containers, initContainers = [], ephemeralContainers = [] } = surroundings.spec
  const targets = new Set([...(containers ?? []), ...initContainers].map(({ name }) => name))
  const names = new Set(targets)
  return ephemeralContainers.flatMap((container, index) => {
    const at = `${path}[${index}]`
    const isKnown = names.has(container.name)
    names.add(container.name)
    return [
      ...commonErrors(container, surroundings, at),
      ...imageSpaceErrors(container, at),
      ...(isKnown ? [duplicate(`${at}.name`, container.name)] : []),
      ...ephemeralErrors(container, targets, at),
    ]
  })
}

/** Templates may have such an image, pods may not. */
export function imageSpaceErrors({ image = '' }: Container, path: string): FieldError[] {
  if (image.trim() === image) return []
  return [invalid(`${path}.image`, image, 'must not have leading or trailing whitespace')]
}

function commonErrors(container: Container, surroundings: ContainerSurroundings, path: string): FieldError[] {
  const { name, image = '', ports, env, envFrom, resources, resizePolicy, securityContext } = container
  return [
    ...(name === '' ? [required(`${path}.name`)] : labelNameErrors(name, `${path}.name`)),
    ...(image === '' ? [required(`${path}.image`)] : []),
    ...listedErrors(container.terminationMessagePolicy, MESSAGE_POLICIES, `${path}.terminationMessagePolicy`),
    ...portsErrors(ports ?? [], `${path}.ports`),
    ...envErrors(env ?? [], `${path}.env`),
    ...envFromErrors(envFrom ?? [], `${path}.envFrom`),
    ...volumeMountErrors(container, surroundings.volumes, `${path}.volumeMounts`),
    ...volumeDeviceErrors(container, surroundings.volumes, `${path}.volumeDevices`),
    ...listedErrors(container.imagePullPolicy, PULL_POLICIES, `${path}.imagePullPolicy`),
    ...containerResourcesErrors(resources ?? {}, surroundings.claimNames, `${path}.resources`),
    ...resizePolicyErrors(resizePolicy ?? [], surroundings.spec.restartPolicy, `${path}.resizePolicy`),
    ...(securityContext
      ? securityContextErrors(securityContext, surroundings.spec, `${path}.securityContext`)
      : []),
  ]
}

function lifeErrors(container: Container, graceSeconds: number | undefined, path: string): FieldError[] {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container
  return [
    ...(lifecycle ? lifecycleErrors(lifecycle, graceSeconds, `${path}.lifecycle`) : []),
    ...(livenessProbe ? livenessProbeErrors(livenessProbe, `${path}.livenessProbe`) : []),
    ...(readinessProbe ? readinessProbeErrors(readinessProbe, `${path}.readinessProbe`) : []),
    ...(startupProbe ? startupProbeErrors(startupProbe, `${path}.startupProbe`) : []),
  ]
}

function ephemeralErrors(
  container: EphemeralContainer,
  targets: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const { targetContainerName: target = '', volumeMounts = [] } = container
  const refusal = 'cannot be set for an Ephemeral Container'
  return [
    ...(target !== '' && !targets.has(target) ? [notFoundField(`${path}.targetContainerName`, target)] : []),
    ...NOT_EPHEMERAL.filter((field) => isSet(container[field])).map((field) =>
      forbidden(`${path}.${field}`, refusal),
    ),
    ...volumeMounts.flatMap(({ subPath, subPathExpr }, index) => [
      ...(subPath ? [forbidden(`${path}.volumeMounts[${index}].subPath`, refusal)] : []),
      ...(subPathExpr ? [forbidden(`${path}.volumeMounts[${index}].subPathExpr`, refusal)] : []),
    ]),
  ]
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null) return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function portsErrors(ports: readonly ContainerPort[], path: string): FieldError[] {
  const names = new Set<string>()
  return ports.flatMap((port, index) => {
    const at = `${path}[${index}]`
    const { containerPort, hostPort = 0 } = port
    return [
      ...portNameErrors(port.name ?? '', names, `${at}.name`),
      ...(containerPort === 0
        ? [required(`${at}.containerPort`)]
        : numberErrors(containerPort, `${at}.containerPort`)),
      ...(hostPort === 0 ? [] : numberErrors(hostPort, `${at}.hostPort`)),
      ...listedErrors(port.protocol, PORT_PROTOCOLS, `${at}.protocol`),
    ]
  })
}

function portNameErrors(name: string, names: Set<string>, path: string): FieldError[] {
  if (name === '') return []
  const problems = portNameProblems(name)
  if (problems.length > 0) return problems.map((problem) => invalid(path, name, problem))
  if (names.has(name)) return [duplicate(path, name)]
  names.add(name)
  return []
}

function numberErrors(port: number, path: string): FieldError[] {
  return portNumberProblems(port).map((problem) => invalid(path, port, problem))
}

function hostPortErrors(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>()
  return containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ protocol = '', hostIP = '', hostPort = 0 }, portIndex) => {
      if (hostPort === 0) return []
      const key = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(key)) return [duplicate(`${path}[${index}].ports[${portIndex}].hostPort`, key)]
      taken.add(key)
      return []
    }),
  )
}

function resizePolicyErrors(
  policies: readonly ResizePolicy[],
  podRestartPolicy: string | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>()
  return policies.flatMap(({ resourceName, restartPolicy }, index) => {
    const isKnown = seen.has(resourceName)
    seen.add(resourceName)
    return [
      ...(isKnown ? [duplicate(`${path}[${index}]`, resourceName)] : []),
      ...listedErrors(resourceName, ['cpu', 'memory'], path),
      ...listedErrors(restartPolicy, ['NotRequired', 'RestartContainer'], path),
      ...(podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired'
        ? [invalid(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
        : []),
    ]
  })
}
