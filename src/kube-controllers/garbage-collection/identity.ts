import type { OwnerReference } from '../../apis/meta/v1.ts'

/** Which object is meant: by where it is and what it is called, and by its uid, of which there is never another. */
export interface Identity {
  readonly group: string
  readonly kind: string
  /** Empty for an object of the cluster. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** What a reference names. Versions of a group are no difference. */
export function referredIdentity(
  { apiVersion, kind, name, uid }: OwnerReference,
  namespace: string,
): Identity {
  const slash = apiVersion.indexOf('/')
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), kind, namespace, name, uid }
}

export function identityText({ group, kind, namespace, name, uid }: Identity): string {
  return JSON.stringify([group, kind, namespace, name, uid])
}
