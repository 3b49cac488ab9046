import type { KubeObject } from '../../apis/meta/v1.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { AppliedObject, ApplyOptions } from '../client/resource-client.ts'
import type { RestMapper } from '../client/rest-mapper.ts'

/** Server-side apply of objects of any kind, for one field manager, which takes over fields that others own. */
export class Applier {
  readonly #client: KubeClient
  readonly #mapper: RestMapper
  readonly #options: ApplyOptions

  constructor(
    components: { client: KubeClient; mapper: RestMapper },
    options: Pick<ApplyOptions, 'fieldManager' | 'force'>,
  ) {
    this.#client = components.client
    this.#mapper = components.mapper
    this.#options = { force: true, ...options }
  }

  /**
   * Resolves with the object as the API has it. Rejects with a NoKindMatchError when the API does not know its kind (yet).
   * An object of a namespaced kind that names no namespace is refused.
   */
  async apply(object: AppliedObject, signal?: AbortSignal): Promise<KubeObject> {
    const definition = await this.#mapper.definitionOf(object.apiVersion, object.kind, signal)
    return this.#client.resource(definition).apply(object, { ...this.#options, signal })
  }
}
