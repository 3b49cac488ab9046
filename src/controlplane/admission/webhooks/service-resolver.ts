import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'

/** Where a port of a service is to be reached: a name or an address. */
export interface ServiceAddress {
  readonly host: string
  readonly port: number
}

export interface ServiceResolver {
  /** @throws Error that says why there is none */
  resolve(namespace: string, name: string, port: number): ServiceAddress
}

export interface ServiceSource {
  get(namespace: string, name: string): KubeObject | undefined
}

/** A service is where its cluster IP is (k8s.io/apiserver, util/proxy). */
export function clusterServices(services: ServiceSource): ServiceResolver {
  return {
    resolve(namespace, name, port) {
      const service = services.get(namespace, name)
      if (!service) throw new Error(`service ${JSON.stringify(name)} not found`)
      const { type, clusterIP, externalName, ports } = isJsonObject(service.spec) ? service.spec : {}
      if (type === 'ExternalName') return { host: String(externalName ?? ''), port }
      if (clusterIP === 'None') throw new Error('cannot route to service with ClusterIP "None"')
      const isServed = Array.isArray(ports) && ports.some((each) => isJsonObject(each) && each.port === port)
      if (!isServed) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`)
      return { host: String(clusterIP ?? ''), port }
    },
  }
}

/** Some services are processes of this machine. The keys are such as `namespace/name`. */
export function overriddenServices(
  addresses: ReadonlyMap<string, ServiceAddress>,
  others: ServiceResolver,
): ServiceResolver {
  return {
    resolve: (namespace, name, port) =>
      addresses.get(`${namespace}/${name}`) ?? others.resolve(namespace, name, port),
  }
}
