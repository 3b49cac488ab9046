import type { KubeObject } from '../../registry/index.ts'
import { type KindEntry, type KindTable, strategyOf } from '../strategy/index.ts'

interface ServiceAccount extends KubeObject {
  readonly secrets?: readonly { readonly name?: string }[]
}

/** Of `v1`. */
export function serviceAccountKind(table: KindTable): KindEntry {
  const prepare = (object: KubeObject) => withNamesOnly(object as ServiceAccount)
  const strategy = strategyOf({ prepareForCreate: prepare, prepareForUpdate: prepare })
  return table.namespaced('serviceaccounts', 'ServiceAccount', strategy)
}

/** Its secrets are in its own namespace, and references to them nothing but names. */
function withNamesOnly(account: ServiceAccount): ServiceAccount {
  const { secrets } = account
  if (!secrets) return account
  return { ...account, secrets: secrets.map(({ name }) => (name === undefined ? {} : { name })) }
}
