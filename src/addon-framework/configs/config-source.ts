import type { KubeObject } from '../../apis/meta/v1.ts'
import type { Informer, Informers, ResourceDefinition } from '../../kube/index.ts'
import { type ConfigObject, type ConfigResource, configKey, resourceKey } from './config-reference.ts'

/** Configurations of the resources that somebody can read, kept in memory. */
export class ConfigSource {
  readonly #informers: ReadonlyMap<string, Informer<KubeObject>>

  constructor(informers: Informers, resources: readonly ResourceDefinition[]) {
    this.#informers = new Map(
      resources.map((definition) => [
        resourceKey({ group: definition.group, resource: definition.plural }),
        informers.for<KubeObject>(definition),
      ]),
    )
  }

  /** Each informer, and under which key (as of `configKey`) one of its objects is referred to. */
  *watched(): Generator<{ informer: Informer<KubeObject>; keyOf: (object: KubeObject) => string }> {
    for (const informer of this.#informers.values()) {
      const { group, plural } = informer.resource.definition
      const keyOf = ({ metadata: { namespace = '', name = '' } }: KubeObject) =>
        configKey({ group, resource: plural }, { namespace, name })
      yield { informer, keyOf }
    }
  }

  has(resource: ConfigResource): boolean {
    return this.#informers.has(resourceKey(resource))
  }

  get(resource: ConfigResource, { namespace, name }: ConfigObject): KubeObject | undefined {
    return this.#informers.get(resourceKey(resource))?.store.get({ namespace, name })
  }
}
