import type { KubeObject } from '../../registry/index.ts'
import { type Amounts, statedAmounts } from '../amounts/index.ts'
import { objectsOf, specOf } from '../pod-shape.ts'
import { type Counter, ONE } from './counter.ts'

/** Those whose number a quota has under their own names. */
export const COUNTED_BY_NAME = ['configmaps', 'replicationcontrollers', 'resourcequotas', 'secrets']

const SERVICE_NAMES = ['count/services', 'services', 'services.nodeports', 'services.loadbalancers']
const CLAIM_NAMES = ['count/persistentvolumeclaims', 'persistentvolumeclaims', 'requests.storage']
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/'
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'

const PLAIN = { countsUpdates: false, isInScope: undefined, missing: undefined }

/** Of a resource as the store names it, such as `deployments.apps`. */
export function objectCounter(resource: string): Counter {
  const names = [`count/${resource}`, ...(COUNTED_BY_NAME.includes(resource) ? [resource] : [])]
  return { ...PLAIN, counts: (name) => names.includes(name), usage: undefined }
}

export const SERVICE_COUNTER: Counter = {
  ...PLAIN,
  countsUpdates: true,
  counts: (name) => SERVICE_NAMES.includes(name),
  usage: serviceUsage,
}

export const CLAIM_COUNTER: Counter = {
  ...PLAIN,
  countsUpdates: true,
  counts: (name) =>
    CLAIM_NAMES.includes(name) ||
    ['requests.storage', 'persistentvolumeclaims'].some((end) => name.endsWith(`${CLASS_SUFFIX}${end}`)),
  usage: claimUsage,
}

function serviceUsage(service: KubeObject): Amounts {
  const { type, ports, allocateLoadBalancerNodePorts } = specOf(service)
  const isBalanced = type === 'LoadBalancer'
  const all = objectsOf(ports)
  const withNodePort = all.filter(({ nodePort = 0 }) => nodePort !== 0)
  const onNodes = isBalanced && allocateLoadBalancerNodePorts === false ? withNodePort : all
  const nodePorts = isBalanced || type === 'NodePort' ? onNodes.length : 0
  return new Map([
    ['count/services', ONE],
    ['services', ONE],
    ['services.nodeports', String(nodePorts)],
    ['services.loadbalancers', isBalanced ? ONE : '0'],
  ])
}

function claimUsage(claim: KubeObject): Amounts {
  const spec = specOf(claim)
  const storageClass = claim.metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName
  const storage = statedAmounts(spec, 'requests').get('storage')
  const usage: [string, string][] = [
    ['persistentvolumeclaims', ONE],
    ...(storage === undefined ? [] : [['requests.storage', storage] as [string, string]]),
  ]
  const ofClass = usage.map(([name, quantity]): [string, string] => [
    `${String(storageClass)}${CLASS_SUFFIX}${name}`,
    quantity,
  ])
  const hasClass = storageClass !== undefined && storageClass !== ''
  return new Map([['count/persistentvolumeclaims', ONE], ...usage, ...(hasClass ? ofClass : [])])
}
