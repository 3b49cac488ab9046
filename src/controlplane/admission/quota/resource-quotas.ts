import { compareQuantities } from '../../kinds/field-checks/index.ts'
import { forbiddenObject } from '../../rbac/index.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import { type Amounts, addAmounts, excessAmounts, isNothing, onlyAmounts } from '../amounts/index.ts'
import { requestName } from '../request-name.ts'
import type { Counter } from './counter.ts'
import type { Counters } from './counters.ts'
import { NamespaceLocks } from './namespace-locks.ts'
import { countedNames, hardOf, isInScopes } from './quota.ts'
import { type QuotaUsage, usageOf } from './quota-usage.ts'

export interface ResourceQuotasComponents {
  readonly usage: QuotaUsage
  readonly counters: Counters
}

/**
 * Refuses what would take more than the quotas of a namespace allow (k8s.io/apiserver, admission/plugin/resourcequota). To be the last
 * that is asked.
 *
 * Invariant: in one namespace, whatever takes more of a quota is counted and written before the next is counted.
 */
export function resourceQuotas({ usage, counters }: ResourceQuotasComponents): AdmissionPlugin {
  const locks = new NamespaceLocks()
  return {
    async validate(request) {
      const { object, namespace } = request
      const resource = storedName(request)
      const counter = counters.of(resource)
      if (!object || !takesMore(request, counter)) return
      const concerned = () => usage.quotas(namespace).filter((quota) => isAbout(quota, counter, object))
      if (concerned().length === 0) return
      request.afterwards(await locks.acquire(namespace))
      for (const quota of concerned()) {
        const problem = quotaProblem(quota, counter, request, object, () => usage.usedBy(quota, resource))
        if (problem !== undefined) throw refusal(request, problem)
      }
    },
  }
}

function storedName({ group, resource }: AdmissionRequest): string {
  return group === '' ? resource : `${resource}.${group}`
}

function takesMore(
  { operation, namespace, subresource, group, resource }: AdmissionRequest,
  counter: Counter,
) {
  if (subresource !== '' || namespace === '' || (group === '' && resource === 'namespaces')) return false
  return operation === 'CREATE' || (operation === 'UPDATE' && counter.countsUpdates)
}

function isAbout(quota: KubeObject, counter: Counter, object: KubeObject): boolean {
  return countedNames(quota, counter).length > 0 && isInScopes(quota, counter, object)
}

function quotaProblem(
  quota: KubeObject,
  counter: Counter,
  { oldObject }: AdmissionRequest,
  object: KubeObject,
  usedNow: () => Amounts,
): string | undefined {
  const { name = '' } = quota.metadata
  const names = countedNames(quota, counter)
  const missing = counter.missing?.(object, names)
  if (missing !== undefined) return `failed quota: ${name}: ${missing}`
  const taken = usageOf(counter, names, object)
  const isCounted = oldObject !== undefined && isInScopes(quota, counter, oldObject)
  const more = isCounted ? excessAmounts(taken, usageOf(counter, names, oldObject)) : taken
  const requested = onlyAmounts(more, (_, quantity) => !isNothing(quantity))
  if (requested.size === 0) return undefined
  const [used, hard] = [usedNow(), hardOf(quota)]
  const next = addAmounts(used, requested)
  const isExceeded = (each: string) =>
    requested.has(each) && compareQuantities(next.get(each) ?? '0', hard.get(each) ?? '0') > 0
  const exceeded = (amounts: Amounts) => printed(onlyAmounts(amounts, isExceeded))
  if (![...requested.keys()].some(isExceeded)) return undefined
  return `exceeded quota: ${name}, requested: ${exceeded(requested)}, used: ${exceeded(used)}, limited: ${exceeded(hard)}`
}

function printed(amounts: Amounts): string {
  return [...amounts]
    .map(([name, quantity]) => `${name}=${quantity}`)
    .sort()
    .join(',')
}

function refusal(request: AdmissionRequest, detail: string) {
  const { group, resource } = request
  return forbiddenObject({ group, resource }, requestName(request), detail)
}
