import type { User } from './authorizer.ts'

const ALL_SERVICE_ACCOUNTS = 'system:serviceaccounts'

/** The user that a service account is. */
export function serviceAccountUser(namespace: string, name: string): User {
  return { name: serviceAccountUserName(namespace, name), groups: serviceAccountGroups(namespace) }
}

export function serviceAccountUserName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

/** Besides system:authenticated, which whoever has authenticated is in. */
export function serviceAccountGroups(namespace: string): string[] {
  return [ALL_SERVICE_ACCOUNTS, `${ALL_SERVICE_ACCOUNTS}:${namespace}`]
}
