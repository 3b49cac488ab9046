import type { JsonObject } from '../../api/json.ts'
import { objectsAt, textAt } from '../members.ts'

/** Where the load balancer of a service or an ingress is reached: each address, or its name, once and in order. */
export function loadBalancerAddresses(object: JsonObject): readonly string[] {
  const addresses = objectsAt(object, 'status', 'loadBalancer', 'ingress').map(
    (ingress) => textAt(ingress, 'ip') || textAt(ingress, 'hostname'),
  )
  return [...new Set(addresses)].filter((address) => address !== '').toSorted()
}
