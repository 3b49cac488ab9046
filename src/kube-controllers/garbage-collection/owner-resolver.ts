import type { KubeObject, OwnerReference } from '../../apis/meta/v1.ts'
import type { KubeClient, RestMapper } from '../../kube/index.ts'
import { metadataResource } from '../discovery/metadata-resource.ts'
import type { AbsentOwners } from './absent-owners.ts'
import { FOREGROUND_FINALIZER, hasFinalizerOfDeletion } from './graph-node.ts'
import { referredIdentity } from './identity.ts'

/** What has become of the owners that an object names. */
export interface Owners {
  /** There, and here to stay; or at least not for us to wait for. */
  readonly solid: readonly OwnerReference[]
  /** Gone, or never there. */
  readonly dangling: readonly OwnerReference[]
  /** To go when their dependents have gone. */
  readonly waiting: readonly OwnerReference[]
}

/** An object of the cluster names an owner in a namespace, and there is no telling in which. */
export class NamespacedOwnerError extends Error {}

/** Asks the API what has become of owners: what was seen of them may be old. */
export class OwnerResolver {
  readonly #client: KubeClient
  readonly #mapper: RestMapper
  readonly #absent: AbsentOwners

  constructor(components: {
    readonly client: KubeClient
    readonly mapper: RestMapper
    readonly absent: AbsentOwners
  }) {
    this.#client = components.client
    this.#mapper = components.mapper
    this.#absent = components.absent
  }

  /** Rejects with a NoKindMatchError when the API does not know what an owner is, or with a NamespacedOwnerError. */
  async classify({ metadata }: KubeObject, signal: AbortSignal): Promise<Owners> {
    const owners = { solid: [], dangling: [], waiting: [] } as Record<keyof Owners, OwnerReference[]>
    for (const reference of metadata.ownerReferences ?? []) {
      const owner = await this.find(reference, metadata.namespace ?? '', signal)
      if (!owner) owners.dangling.push(reference)
      else if (hasFinalizerOfDeletion(owner, FOREGROUND_FINALIZER)) owners.waiting.push(reference)
      else owners.solid.push(reference)
    }
    return owners
  }

  /** The object that a reference in `namespace` names, if it is there and has that uid. */
  async find(
    reference: OwnerReference,
    namespace: string,
    signal: AbortSignal,
  ): Promise<KubeObject | undefined> {
    const { apiVersion, kind, name, uid } = reference
    // Asked first, since the kind may have gone with the owner.
    const isKnownAbsent = ['', namespace].some((each) => this.#absent.has(referredIdentity(reference, each)))
    if (isKnownAbsent) return undefined
    const definition = await this.#mapper.definitionOf(apiVersion, kind, signal)
    if (definition.namespaced && namespace === '') {
      throw new NamespacedOwnerError(
        `cluster-scoped object cannot refer to the namespaced owner ${kind} ${name}`,
      )
    }
    const owner = await metadataResource(this.#client, definition).find(
      { ...(definition.namespaced && { namespace }), name },
      { signal },
    )
    if (owner?.metadata.uid === uid) return owner
    this.#absent.add(referredIdentity(reference, definition.namespaced ? namespace : ''))
    return undefined
  }
}
