import type { JsonObject } from '../../api/json.ts'
import { column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { formatSelector } from '../label-text.ts'
import { objectAt, objectsAt, sizeAt, textAt, textsAt, valueAt } from '../members.ts'
import { loadBalancerAddresses } from './load-balancer.ts'

const MAX_HOSTS = 3

export const INGRESSES: TableColumns = tableOf(
  NAME,
  column(
    'Class',
    'string',
    'The ingress class, which says who serves the ingress',
    (ingress) => valueAt(ingress, 'spec', 'ingressClassName') ?? '<none>',
  ),
  column('Hosts', 'string', 'The hosts of its rules', hosts),
  column('Address', 'string', 'Where the load balancer is reached', (ingress) =>
    loadBalancerAddresses(ingress).join(','),
  ),
  column('Ports', 'string', 'The ports that are open, one more with TLS', (ingress) =>
    sizeAt(ingress, 'spec', 'tls') > 0 ? '80, 443' : '80',
  ),
  AGE,
)

export const INGRESS_CLASSES: TableColumns = tableOf(
  NAME,
  column('Controller', 'string', 'Who serves the ingresses of this class', (ingressClass) =>
    textAt(ingressClass, 'spec', 'controller'),
  ),
  column('Parameters', 'string', 'An object that has more to say to the controller', parameters),
  AGE,
)

export const NETWORK_POLICIES: TableColumns = tableOf(
  NAME,
  column('Pod-Selector', 'string', 'The pods that the policy is about', (policy) =>
    formatSelector(valueAt(policy, 'spec', 'podSelector') ?? {}),
  ),
  AGE,
)

export const SERVICE_CIDRS: TableColumns = tableOf(
  NAME,
  column('CIDRs', 'string', 'The addresses that services get', (cidr) =>
    textsAt(cidr, 'spec', 'cidrs').join(','),
  ),
  AGE,
)

export const IP_ADDRESSES: TableColumns = tableOf(
  NAME,
  column('ParentRef', 'string', 'Who has the address', (address) => {
    const parent = objectAt(address, 'spec', 'parentRef')
    if (!parent) return '<none>'
    const resource = [textAt(parent, 'resource'), textAt(parent, 'group')].filter(Boolean).join('.')
    const namespace = textAt(parent, 'namespace')
    return [resource.toLowerCase(), ...(namespace ? [namespace] : []), textAt(parent, 'name')].join('/')
  }),
)

/** A rule without a host is not shown, but counts among those that there are more of. */
function hosts(ingress: JsonObject): string {
  const rules = objectsAt(ingress, 'spec', 'rules')
  const shown: string[] = []
  let isMore = false
  for (const rule of rules) {
    if (shown.length === MAX_HOSTS) {
      isMore = true
      break
    }
    const host = textAt(rule, 'host')
    if (host !== '') shown.push(host)
  }
  if (shown.length === 0) return '*'
  return isMore ? `${shown.join(',')} + ${rules.length - MAX_HOSTS} more...` : shown.join(',')
}

function parameters(ingressClass: JsonObject): string {
  const reference = objectAt(ingressClass, 'spec', 'parameters')
  if (!reference) return '<none>'
  const group = valueAt(reference, 'apiGroup')
  const kind = textAt(reference, 'kind') + (typeof group === 'string' ? `.${group}` : '')
  return `${kind}/${textAt(reference, 'name')}`
}
