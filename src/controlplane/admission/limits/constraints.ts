import { compareQuantities, nanosOf } from '../../kinds/field-checks/index.ts'
import { type Amounts, isNothing } from '../amounts/index.ts'

/** What something asks for, as far as it says. */
export interface Stated {
  readonly requests: Amounts
  readonly limits: Amounts
}

/** What is wrong with it by a rule about one resource of a kind such as `Container`; undefined when nothing is. */
export type Constraint = (type: string, name: string, bound: string, stated: Stated) => string | undefined

export const atLeast: Constraint = (type, name, bound, { requests, limits }) => {
  const [request, limit] = [requests.get(name), limits.get(name)]
  const rule = `minimum ${name} usage per ${type} is ${bound}`
  if (request === undefined) return `${rule}.  No request is specified`
  if (compareQuantities(request, bound) < 0) return `${rule}, but request is ${request}`
  if (limit !== undefined && compareQuantities(limit, bound) < 0) return `${rule}, but limit is ${limit}`
  return undefined
}

export const atMost: Constraint = (type, name, bound, { requests, limits }) => {
  const [request, limit] = [requests.get(name), limits.get(name)]
  const rule = `maximum ${name} usage per ${type} is ${bound}`
  if (limit === undefined) return `${rule}.  No limit is specified`
  if (compareQuantities(limit, bound) > 0) return `${rule}, but limit is ${limit}`
  if (request !== undefined && compareQuantities(request, bound) > 0)
    return `${rule}, but request is ${request}`
  return undefined
}

/** For what has no limits. */
export const requestAtMost: Constraint = (type, name, bound, { requests }) => {
  const request = requests.get(name)
  const rule = `maximum ${name} usage per ${type} is ${bound}`
  if (request === undefined) return `${rule}.  No request is specified`
  return compareQuantities(request, bound) > 0 ? `${rule}, but request is ${request}` : undefined
}

export const ratioAtMost: Constraint = (type, name, bound, { requests, limits }) => {
  const [request, limit] = [requests.get(name), limits.get(name)]
  const rule = `${name} max limit to request ratio per ${type} is ${bound}`
  if (request === undefined || isNothing(request))
    return `${rule}, but no request is specified or request is 0`
  if (limit === undefined || isNothing(limit)) return `${rule}, but no limit is specified or limit is 0`
  const ratio = Number(nanosOf(limit)) / Number(nanosOf(request))
  return ratio * 1e9 > Number(nanosOf(bound))
    ? `${rule}, but provided ratio is ${ratio.toFixed(6)}`
    : undefined
}
