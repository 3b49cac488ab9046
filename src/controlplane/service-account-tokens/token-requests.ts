import { invalid } from '../api/field-error.ts'
import { conflict, invalidObject, notFound } from '../api/status.ts'
import type { ObjectLookup } from '../authentication/object-lookup.ts'
import { type KubeObject, type ObjectName, timestamp } from '../registry/index.ts'
import { findBoundObject } from './bound-object.ts'
import type { TokenIssuer } from './token-issuer.ts'
import { readTokenRequestSpec, tokenRequestErrors } from './token-request.ts'

const GROUP = 'authentication.k8s.io'
const KIND = { group: GROUP, kind: 'TokenRequest' }

export interface TokenRequestsComponents {
  readonly issuer: TokenIssuer
  readonly lookup: ObjectLookup
  /** In ms since the epoch. @default Date.now */
  readonly now?: () => number
}

/** The `token` subresource of service accounts (kubernetes, pkg/registry/core/serviceaccount/storage/token.go). */
export class TokenRequests {
  readonly #issuer: TokenIssuer
  readonly #lookup: ObjectLookup
  readonly #now: () => number
  readonly #audiences: readonly string[]

  /** `audiences` are the server's own, for requests that name none. */
  constructor(components: TokenRequestsComponents, options: { readonly audiences: readonly string[] }) {
    this.#issuer = components.issuer
    this.#lookup = components.lookup
    this.#now = components.now ?? Date.now
    this.#audiences = options.audiences
  }

  /**
   * Answers a TokenRequest for a service account with the same object, completed. `admit` is asked about it once nothing is wrong with
   * it, before there is a token.
   *
   * @throws StatusError BadRequest, Invalid, NotFound or Conflict, and what `admit` throws
   */
  async create(
    target: ObjectName,
    request: KubeObject,
    admit?: (completed: KubeObject) => Promise<void>,
  ): Promise<KubeObject> {
    const asked = readTokenRequestSpec(request)
    const { metadata } = request
    checkName(target, metadata.name, metadata.namespace)
    const serviceAccount = this.#lookup.get('serviceaccounts', target.namespace, target.name)
    if (!serviceAccount) throw notFound({ group: '', resource: 'serviceaccounts' }, target.name)
    checkUid(target.name, metadata.uid, serviceAccount.metadata.uid)

    const spec = { ...asked, audiences: asked.audiences.length > 0 ? asked.audiences : this.#audiences }
    const errors = tokenRequestErrors(spec)
    if (errors.length > 0) throw invalidObject(KIND, '', errors)

    const { audiences, expirationSeconds, boundObjectRef } = spec
    const { name, namespace } = target
    const completed = {
      kind: KIND.kind,
      apiVersion: `${GROUP}/v1`,
      metadata: {
        ...metadata,
        name,
        namespace,
        ...(serviceAccount.metadata.uid === undefined ? {} : { uid: serviceAccount.metadata.uid }),
        creationTimestamp: timestamp(this.#now()),
      },
      spec: { audiences, expirationSeconds, boundObjectRef: boundObjectRef && withoutEmpty(boundObjectRef) },
    }
    await admit?.(completed)
    const bound = boundObjectRef ? findBoundObject(this.#lookup, serviceAccount, boundObjectRef) : undefined
    const status = await this.#issuer.issueToken({ serviceAccount, bound, audiences, expirationSeconds })
    return { ...completed, status: { ...status } }
  }
}

function checkName(target: ObjectName, name = '', namespace = ''): void {
  if (name !== '' && name !== target.name) {
    const error = invalid('metadata.name', name, 'must match the service account name if specified')
    throw invalidObject(KIND, target.name, [error])
  }
  if (namespace !== '' && namespace !== target.namespace) {
    const error = invalid(
      'metadata.namespace',
      namespace,
      'must match the service account namespace if specified',
    )
    throw invalidObject(KIND, target.name, [error])
  }
}

function checkUid(name: string, wanted = '', uid = ''): void {
  if (wanted === '' || wanted === uid) return
  throw conflict(
    { group: GROUP, resource: KIND.kind },
    name,
    `the UID in the token request (${wanted}) does not match the UID of the service account (${uid})`,
  )
}

function withoutEmpty<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== '')) as Partial<T>
}
