import type { CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import { CRD_VERSION_ANNOTATION } from '../../apis/operator/constants.ts'
import {
  isNotFound,
  type KubeClient,
  type ResourceClient,
  type ResourceDefinition,
} from '../../kube/index.ts'
import { covers } from './differences.ts'
import { definitionOf, type Manifest } from './manifest.ts'
import type { ManifestApplier } from './manifest-applier.ts'
import { compareVersions } from './versions.ts'

type Crd = CustomResourceDefinition & Manifest

const CRDS: ResourceDefinition = definitionOf({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
})

export interface CrdApplierOptions {
  /** `x.y.z` of this operator, with or without a `v`. */
  readonly version: string
}

/** Keeps CRDs up to date, and never goes back behind what a newer operator has made of them. */
export class CrdApplier {
  readonly #applier: ManifestApplier
  readonly #crds: ResourceClient<Crd>
  readonly #version: string

  constructor(
    { applier, client }: { readonly applier: ManifestApplier; readonly client: KubeClient },
    { version }: CrdApplierOptions,
  ) {
    this.#applier = applier
    this.#crds = client.resource<Crd>(CRDS)
    this.#version = version.replace(/^v/, '')
  }

  /** What cannot be applied does not keep back the others: an AggregateError says so in the end. */
  async apply(crds: readonly CustomResourceDefinition[], signal?: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(crds.map((crd) => this.#applyOne(crd as Crd, signal)))
    signal?.throwIfAborted()
    const errors = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '))
  }

  /** Deletes those that are there. Resolves with the names of those that were: their objects may take some time to go. */
  async delete(names: readonly string[], signal?: AbortSignal): Promise<string[]> {
    const remaining = await Promise.all(
      names.map(async (name) => {
        try {
          await this.#crds.delete({ name }, { signal })
          return [name]
        } catch (error) {
          if (isNotFound(error)) return []
          throw error
        }
      }),
    )
    return remaining.flat()
  }

  /** For an operator that leaves them behind: whoever comes next is to see them as they are, of no version. */
  async release(names: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const name of names) {
      const existing = await this.#crds.find({ name }, { signal })
      const version = existing?.metadata.annotations?.[CRD_VERSION_ANNOTATION]
      if (version === undefined || compareVersions(version, this.#version) !== 0) continue
      const metadata = { annotations: { [CRD_VERSION_ANNOTATION]: null } }
      await this.#crds.patch({ name }, { type: 'merge', body: { metadata } }, { signal })
    }
  }

  async #applyOne(crd: Crd, signal: AbortSignal | undefined): Promise<void> {
    const annotations = { ...crd.metadata.annotations, [CRD_VERSION_ANNOTATION]: this.#version }
    const wanted: Crd = { ...crd, metadata: { ...crd.metadata, annotations } }
    const keeps = (existing: Manifest) => this.#isNewer(existing)
    const { object } = await this.#applier.apply(wanted, { signal, keeps })
    if (keeps(object)) await this.#pointToConverter(object, crd, signal)
  }

  /** Whom to ask for conversions, and by which authority to know them, is not a matter of versions. */
  async #pointToConverter(existing: Crd, { spec }: Crd, signal: AbortSignal | undefined): Promise<void> {
    const clientConfig = spec.conversion?.webhook?.clientConfig
    const current = existing.spec.conversion?.webhook?.clientConfig
    if (!clientConfig || !current || covers(current, clientConfig)) return
    const body = { spec: { conversion: { webhook: { clientConfig } } } }
    await this.#crds.patch({ name: existing.metadata.name ?? '' }, { type: 'merge', body }, { signal })
  }

  #isNewer({ metadata }: Manifest): boolean {
    const version = metadata.annotations?.[CRD_VERSION_ANNOTATION]
    return version !== undefined && compareVersions(version, this.#version) > 0
  }
}
