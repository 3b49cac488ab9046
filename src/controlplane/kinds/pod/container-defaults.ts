import { canonicalQuantity } from '../../codec/quantity.ts'
import { roundUpToMilli } from '../field-checks/index.ts'
import { defaultPullPolicy } from './image-tag.ts'
import type {
  Container,
  EnvVar,
  FieldSelector,
  Handler,
  HttpGet,
  Lifecycle,
  Probe,
  ResourceList,
  ResourceRequirements,
} from './pod-shape.ts'

/** What a client may leave out of a container, in a pod or in a template (kubernetes, apis/core/v1, defaults.go). */
export function containerDefaults<Kind extends Container>(container: Kind): Kind {
  const { ports, env, resources, livenessProbe, readinessProbe, startupProbe, lifecycle } = container
  return {
    ...container,
    ...(ports ? { ports: ports.map((port) => ({ ...port, protocol: port.protocol || 'TCP' })) } : {}),
    ...(env ? { env: env.map(envVarDefaults) } : {}),
    ...(resources ? { resources: resourcesDefaults(resources) } : {}),
    ...(livenessProbe ? { livenessProbe: probeDefaults(livenessProbe) } : {}),
    ...(readinessProbe ? { readinessProbe: probeDefaults(readinessProbe) } : {}),
    ...(startupProbe ? { startupProbe: probeDefaults(startupProbe) } : {}),
    ...(lifecycle ? { lifecycle: lifecycleDefaults(lifecycle) } : {}),
    imagePullPolicy: container.imagePullPolicy || defaultPullPolicy(container.image ?? ''),
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy || 'File',
  }
}

export function resourcesDefaults(resources: ResourceRequirements): ResourceRequirements {
  const { limits, requests } = resources
  return {
    ...resources,
    ...(limits ? { limits: resourceListDefaults(limits) } : {}),
    ...(requests ? { requests: resourceListDefaults(requests) } : {}),
  }
}

/** Nobody gets less than a thousandth of anything. */
export function resourceListDefaults(list: ResourceList): ResourceList {
  return Object.fromEntries(
    Object.entries(list).map(([name, quantity]) => [name, roundUpToMilli(canonicalQuantity(quantity))]),
  )
}

export function fieldSelectorDefaults(selector: FieldSelector): FieldSelector {
  return { ...selector, apiVersion: selector.apiVersion || 'v1' }
}

function envVarDefaults(variable: EnvVar): EnvVar {
  const { valueFrom } = variable
  if (!valueFrom?.fieldRef) return variable
  return { ...variable, valueFrom: { ...valueFrom, fieldRef: fieldSelectorDefaults(valueFrom.fieldRef) } }
}

function probeDefaults(probe: Probe): Probe {
  return {
    ...handlerDefaults(probe),
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  }
}

function lifecycleDefaults(lifecycle: Lifecycle): Lifecycle {
  const { postStart, preStop } = lifecycle
  return {
    ...lifecycle,
    ...(postStart ? { postStart: handlerDefaults(postStart) } : {}),
    ...(preStop ? { preStop: handlerDefaults(preStop) } : {}),
  }
}

function handlerDefaults<Kind extends Handler>(handler: Kind): Kind {
  const { httpGet, grpc } = handler
  return {
    ...handler,
    ...(httpGet ? { httpGet: httpGetDefaults(httpGet) } : {}),
    ...(grpc ? { grpc: { ...grpc, service: grpc.service ?? '' } } : {}),
  }
}

function httpGetDefaults(httpGet: HttpGet): HttpGet {
  return { ...httpGet, path: httpGet.path || '/', scheme: httpGet.scheme || 'HTTP' }
}
