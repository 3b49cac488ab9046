import { type FieldError, invalid, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, pathSegmentProblems, subdomainProblems } from '../../registry/index.ts'
import { canonicalIp, ipErrors } from '../field-checks/index.ts'
import {
  immutableErrors,
  nameErrors,
  statusStrategy,
  strategyOf,
  strategyWithStatus,
} from '../strategy/index.ts'
import { parseCidr, strictCidrErrors } from './cidr.ts'

/** Addresses of services, and the ranges they come from (kubernetes, apis/networking/validation). */

interface IpAddress extends KubeObject {
  readonly spec: JsonObject & {
    readonly parentRef?: JsonObject & {
      readonly group?: string
      readonly resource?: string
      readonly namespace?: string
      readonly name?: string
    }
  }
}

interface ServiceCidr extends KubeObject {
  readonly spec: JsonObject & { readonly cidrs?: readonly string[] }
}

const CIDRS = 'spec.cidrs'

/** The name is the address, in the one form that it has. */
function addressProblems(name: string): string[] {
  const problems = ipErrors(name, '').map(({ message }) =>
    message.slice(`Invalid value: ${JSON.stringify(name)}: `.length),
  )
  if (problems.length > 0 || name === canonicalIp(name)) return problems
  return [`must be in canonical form (${JSON.stringify(canonicalIp(name))})`]
}

function parentErrors({ spec }: IpAddress): FieldError[] {
  const { parentRef } = spec
  const path = 'spec.parentRef'
  if (!parentRef) return [required(path)]
  const { group = '', resource = '', name = '', namespace = '' } = parentRef
  const part = (value: string, what: string) =>
    value === '' ? [required(`${path}.${what}`)] : nameErrors(value, `${path}.${what}`, pathSegmentProblems)
  return [
    ...(group === '' ? [] : nameErrors(group, `${path}.group`, subdomainProblems)),
    ...part(resource, 'resource'),
    ...part(name, 'name'),
    ...(namespace === '' ? [] : part(namespace, 'namespace')),
  ]
}

function cidrsErrors({ spec }: ServiceCidr): FieldError[] {
  const { cidrs = [] } = spec
  if (cidrs.length === 0) return [required(CIDRS, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalid(CIDRS, spec, 'may only hold up to 2 values')]
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.family))
  if (cidrs.length === 2 && (families.size < 2 || families.has(undefined))) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    return [invalid(CIDRS, spec, detail)]
  }
  return cidrs.flatMap((cidr, index) => strictCidrErrors(cidr, `${CIDRS}[${index}]`))
}

export const IP_ADDRESS_STRATEGY = strategyOf({
  validateName: addressProblems,
  validate: (address) => parentErrors(address as IpAddress),
  validateUpdate: (address, old) =>
    immutableErrors(
      (address as IpAddress).spec.parentRef,
      (old as IpAddress).spec.parentRef,
      'spec.parentRef',
    ),
})

export const SERVICE_CIDR_STRATEGY = strategyWithStatus({
  validate: (range) => cidrsErrors(range as ServiceCidr),
  validateUpdate: (range, old) =>
    immutableErrors((range as ServiceCidr).spec.cidrs, (old as ServiceCidr).spec.cidrs, CIDRS),
})

export const SERVICE_CIDR_STATUS_STRATEGY = statusStrategy(SERVICE_CIDR_STRATEGY)
