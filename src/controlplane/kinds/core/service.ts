import { type KubeObject, rfc1035Problems } from '../../registry/index.ts'
import { selectableFields } from '../../selectors/index.ts'
import {
  type KindEntry,
  type KindTable,
  statusStrategy,
  strategyOf,
  strategyWithStatus,
} from '../strategy/index.ts'
import { serviceErrors, serviceStatusErrors, serviceUpdateErrors } from './service-errors.ts'
import { isExternal, type Service, type ServiceSpec } from './service-shape.ts'
import { withAssignedFields, withoutForeignFields } from './service-update.ts'

const AFFINITY_SECONDS = 10_800
const DEFAULT_POLICY = 'Cluster'

/** Of `v1`. Addresses and node ports come from `ServiceAddresses`. */
export function serviceKind(table: KindTable): KindEntry {
  const strategy = strategyWithStatus({
    allowsCreateOnUpdate: true,
    withDefaults: (object) => serviceDefaults(object as Service),
    validateName: rfc1035Problems,
    prepareForCreate: (object) => {
      const service = object as Service
      return { ...service, spec: withAssignedFields(service.spec) }
    },
    prepareForUpdate: (object, old) => {
      const [service, before] = [object as Service, old as Service]
      const kept = withAssignedFields(service.spec, before.spec)
      return { ...service, spec: withoutForeignFields(kept, before.spec) }
    },
    validate: (object) => serviceErrors(object as Service),
    validateUpdate: (object, old) => serviceUpdateErrors(object as Service, old as Service),
  })
  const status = statusStrategy(strategy, {
    validateUpdate: (object) => serviceStatusErrors(object as Service),
  })
  return table.namespaced('services', 'Service', strategyOf(strategy), {
    subresources: { status },
    selectableFields: selectableFields([
      'metadata.namespace',
      'metadata.name',
      'spec.clusterIP',
      'spec.type',
    ]),
  })
}

function serviceDefaults(object: KubeObject & { readonly spec?: ServiceSpec }): Service {
  const { spec: given = {} } = object
  const { ports, internalTrafficPolicy, allocateLoadBalancerNodePorts } = given
  const type = given.type || 'ClusterIP'
  const spec = { ...given, type }
  return {
    ...withIngressModes(object as Service, type),
    spec: {
      ...spec,
      ...affinityDefaults(given),
      ...(ports
        ? {
            ports: ports.map((port) => ({
              ...port,
              protocol: port.protocol || 'TCP',
              targetPort: port.targetPort || port.port,
            })),
          }
        : {}),
      ...(isExternal(spec) ? { externalTrafficPolicy: given.externalTrafficPolicy || DEFAULT_POLICY } : {}),
      ...(['ClusterIP', 'NodePort', 'LoadBalancer'].includes(type)
        ? { internalTrafficPolicy: internalTrafficPolicy ?? DEFAULT_POLICY }
        : {}),
      ...(type === 'LoadBalancer'
        ? { allocateLoadBalancerNodePorts: allocateLoadBalancerNodePorts ?? true }
        : {}),
    },
  }
}

function affinityDefaults({
  sessionAffinity,
  sessionAffinityConfig: config,
  ...rest
}: ServiceSpec): ServiceSpec {
  const affinity = sessionAffinity || 'None'
  const seconds = config?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS
  switch (affinity) {
    case 'None':
      return { ...rest, sessionAffinity: affinity }
    case 'ClientIP':
      return {
        ...rest,
        sessionAffinity: affinity,
        sessionAffinityConfig: { clientIP: { timeoutSeconds: seconds } },
      }
    default:
      return { ...rest, sessionAffinity: affinity, ...(config ? { sessionAffinityConfig: config } : {}) }
  }
}

function withIngressModes(service: Service, type: string): Service {
  const { loadBalancer } = service.status ?? {}
  if (type !== 'LoadBalancer' || !loadBalancer?.ingress) return service
  const ingress = loadBalancer.ingress.map((each) =>
    each.ip && each.ipMode === undefined ? { ...each, ipMode: 'VIP' } : each,
  )
  return { ...service, status: { ...service.status, loadBalancer: { ...loadBalancer, ingress } } }
}
