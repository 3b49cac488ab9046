import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../api/field-error.ts'
import { labelsErrors } from '../../selectors/index.ts'
import {
  ipErrors,
  labelKeyErrors,
  labelNameErrors,
  listedErrors,
  MAX_INT32,
  qualifiedNameErrors,
  rangeProblem,
  subdomainErrors,
} from '../field-checks/index.ts'
import { containersErrors, ephemeralContainersErrors, initContainersErrors } from './container-errors.ts'
import { dnsConfigErrors } from './dns-errors.ts'
import type { PodResourceClaim, PodSpec, PodTemplateSpec } from './pod-shape.ts'
import { containerResourcesErrors, podResourcesErrors } from './resource-errors.ts'
import { affinityErrors, gateErrors, tolerationErrors, topologySpreadErrors } from './scheduling-errors.ts'
import { hostUsersErrors, podSecurityContextErrors } from './security-errors.ts'
import { checkVolumes } from './volume-errors.ts'

const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never']
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never']
const OPERATING_SYSTEMS = ['linux', 'windows']

/** What is wrong with the template of a Deployment and its like, after its defaults have been filled in. */
export function podTemplateErrors(template: PodTemplateSpec, path: string): FieldError[] {
  const { metadata = {}, spec = {} } = template
  return [
    ...labelsErrors(metadata.labels ?? {}, `${path}.labels`),
    ...annotationErrors(metadata.annotations ?? {}, `${path}.annotations`),
    ...podSpecErrors(spec, '', `${path}.spec`),
    ...(spec.ephemeralContainers?.length
      ? [forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ]
}

/**
 * In the order in which the original finds it (kubernetes, apis/core/validation).
 *
 * @param podName empty for the spec of a template, of which less is asked
 */
export function podSpecErrors(spec: PodSpec, podName: string, path: string): FieldError[] {
  const { volumes, errors } = checkVolumes(spec.volumes ?? [], podName, `${path}.volumes`)
  const claims = spec.resourceClaims ?? []
  const claimNames = new Set(claims.map(({ name }) => name).filter((name) => name !== ''))
  const surroundings = { spec, volumes, claimNames }
  return [
    ...(spec.terminationGracePeriodSeconds === undefined
      ? [required(`${path}.terminationGracePeriodSeconds`)]
      : []),
    ...errors,
    ...resourceClaimErrors(claims, `${path}.resourceClaims`),
    ...containersErrors(surroundings, `${path}.containers`),
    ...initContainersErrors(surroundings, `${path}.initContainers`),
    ...ephemeralContainersErrors(surroundings, `${path}.ephemeralContainers`),
    ...(spec.resources ? podResourcesErrors(spec.resources, claimNames, `${path}.resources`) : []),
    ...hostNetworkErrors(spec, podName !== '', `${path}.containers`),
    ...listedErrors(spec.restartPolicy, RESTART_POLICIES, `${path}.restartPolicy`),
    ...listedErrors(spec.dnsPolicy, DNS_POLICIES, `${path}.dnsPolicy`),
    ...labelsErrors(spec.nodeSelector ?? {}, `${path}.nodeSelector`),
    ...podSecurityContextErrors(spec.securityContext ?? {}, spec, `${path}.securityContext`),
    ...(spec.affinity ? affinityErrors(spec.affinity, `${path}.affinity`) : []),
    ...dnsConfigErrors(spec.dnsConfig, spec.dnsPolicy ?? '', `${path}.dnsConfig`),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      qualifiedNameErrors(conditionType, `${path}.readinessGates[${index}].conditionType`),
    ),
    ...gateErrors(
      (spec.schedulingGates ?? []).map(({ name }) => name),
      `${path}.schedulingGates`,
    ),
    ...topologySpreadErrors(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`),
    ...hostUsersErrors(spec, path),
    ...nameErrors(spec, path),
    ...(spec.preemptionPolicy === undefined
      ? []
      : listedErrors(spec.preemptionPolicy, PREEMPTION_POLICIES, `${path}.preemptionPolicy`)),
    ...(spec.overhead
      ? containerResourcesErrors({ limits: spec.overhead }, new Set(), `${path}.overhead`)
      : []),
    ...osErrors(spec, `${path}.os`),
  ]
}

function nameErrors(spec: PodSpec, path: string): FieldError[] {
  const { serviceAccountName, nodeName, hostname, subdomain, priorityClassName, runtimeClassName } = spec
  return [
    ...(serviceAccountName ? subdomainErrors(serviceAccountName, `${path}.serviceAccountName`) : []),
    ...(nodeName ? subdomainErrors(nodeName, `${path}.nodeName`) : []),
    ...deadlineErrors(spec.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`),
    ...(hostname ? labelNameErrors(hostname, `${path}.hostname`) : []),
    ...(subdomain ? labelNameErrors(subdomain, `${path}.subdomain`) : []),
    ...tolerationErrors(spec.tolerations ?? [], `${path}.tolerations`),
    ...(spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }, index) => [
      ...ipErrors(ip, `${path}.hostAliases[${index}].ip`),
      ...hostnames.flatMap((name, at) =>
        subdomainErrors(name, `${path}.hostAliases[${index}].hostnames[${at}]`),
      ),
    ]),
    ...(priorityClassName ? subdomainErrors(priorityClassName, `${path}.priorityClassName`) : []),
    ...(runtimeClassName === undefined ? [] : subdomainErrors(runtimeClassName, `${path}.runtimeClassName`)),
  ]
}

function annotationErrors(annotations: Readonly<Record<string, string>>, path: string): FieldError[] {
  return Object.keys(annotations).flatMap((key) =>
    labelKeyErrors(key.toLowerCase(), path).map((error) => ({
      ...error,
      message: error.message.replace(JSON.stringify(key.toLowerCase()), JSON.stringify(key)),
    })),
  )
}

function resourceClaimErrors(claims: readonly PodResourceClaim[], path: string): FieldError[] {
  const names = new Set<string>()
  return claims.flatMap((claim, index) => {
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    const at = `${path}[${index}]`
    const printed = {
      Name: name,
      ResourceClaimName: resourceClaimName ?? null,
      ResourceClaimTemplateName: resourceClaimTemplateName ?? null,
    }
    const isKnown = names.has(name)
    names.add(name)
    return [
      ...(name === ''
        ? [required(`${at}.name`)]
        : isKnown
          ? [duplicate(`${at}.name`, name)]
          : labelNameErrors(name, `${at}.name`)),
      ...(resourceClaimName !== undefined && resourceClaimTemplateName !== undefined
        ? [
            invalid(
              at,
              printed,
              'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
            ),
          ]
        : []),
      ...(resourceClaimName === undefined && resourceClaimTemplateName === undefined
        ? [invalid(at, printed, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`')]
        : []),
      ...(resourceClaimName === undefined
        ? []
        : subdomainErrors(resourceClaimName, `${at}.resourceClaimName`)),
      ...(resourceClaimTemplateName === undefined
        ? []
        : subdomainErrors(resourceClaimTemplateName, `${at}.resourceClaimTemplateName`)),
    ]
  })
}

/** In the host's network, a container's port is the host's. */
function hostNetworkErrors({ hostNetwork, containers }: PodSpec, isPod: boolean, path: string): FieldError[] {
  if (!hostNetwork) return []
  return (containers ?? []).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, containerPort }, at) =>
      (isPod || hostPort !== 0) && hostPort !== containerPort
        ? [
            invalid(
              `${path}[${index}].ports[${at}].hostPort`,
              hostPort,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          ]
        : [],
    ),
  )
}

function deadlineErrors(seconds: number | undefined, path: string): FieldError[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= MAX_INT32)) return []
  return [invalid(path, seconds, rangeProblem(1, MAX_INT32))]
}

function osErrors({ os }: PodSpec, path: string): FieldError[] {
  if (!os || OPERATING_SYSTEMS.includes(os.name)) return []
  if (os.name === '') return [required(`${path}.name`, 'cannot be empty')]
  return [notSupported(path, os.name, OPERATING_SYSTEMS)]
}
