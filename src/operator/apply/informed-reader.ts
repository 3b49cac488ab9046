import type { ObjectKey } from '../../apis/meta/v1.ts'
import type { Informer, Informers, ResourceDefinition } from '../../kube/index.ts'
import { definitionOf, type Manifest } from './manifest.ts'
import type { ManifestReader } from './manifest-applier.ts'

/** Finds what an operator has made among the objects with its label, which it watches. */
export class InformedReader implements ManifestReader {
  readonly #informers: ReadonlyMap<string, Informer<Manifest>>

  /** `kinds` must be known to the API, or nothing ever begins. */
  constructor(
    { informers }: { readonly informers: Informers },
    options: {
      readonly labelSelector: string
      readonly kinds: readonly Pick<Manifest, 'apiVersion' | 'kind'>[]
    },
  ) {
    const { labelSelector, kinds } = options
    this.#informers = new Map(
      kinds.map((kind) => {
        const definition = definitionOf(kind)
        return [idOf(definition), informers.for<Manifest>(definition, { labelSelector })]
      }),
    )
  }

  /** For controllers to watch. */
  informers(): Iterable<Informer<Manifest>> {
    return this.#informers.values()
  }

  /** Throws an Error for a kind that is not read here. */
  of(kind: Pick<Manifest, 'apiVersion' | 'kind'>): Informer<Manifest> {
    const informer = this.#informers.get(idOf(definitionOf(kind)))
    if (!informer) throw new Error(`nobody watches ${kind.kind} here`)
    return informer
  }

  reads(definition: ResourceDefinition): boolean {
    return this.#informers.has(idOf(definition))
  }

  get(definition: ResourceDefinition, key: ObjectKey): Manifest | undefined {
    return this.#informers.get(idOf(definition))?.store.get(key)
  }
}

function idOf({ group, plural }: ResourceDefinition): string {
  return `${plural}.${group}`
}
