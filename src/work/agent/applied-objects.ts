import type { ObjectKey } from '../../apis/meta/v1.ts'
import type { AppliedManifestWork } from '../../apis/work/v1.ts'
import type { Informer, ResourceDefinition } from '../../kube/index.ts'
import { appliedResourceId } from './applied-resources.ts'

const BY_OBJECT = 'appliedObject'

/** Which objects works have applied, as AppliedManifestWorks list them: known before any work has been looked at. */
export class AppliedObjects {
  readonly #appliedWorks: Informer<AppliedManifestWork>

  constructor(appliedWorks: Informer<AppliedManifestWork>) {
    this.#appliedWorks = appliedWorks
    appliedWorks.addIndexer(BY_OBJECT, ({ status }) =>
      (status?.appliedResources ?? []).map(appliedResourceId),
    )
  }

  has(
    { group, version, plural: resource }: ResourceDefinition,
    { namespace = '', name }: ObjectKey,
  ): boolean {
    const id = appliedResourceId({ group, version, resource, namespace, name })
    return this.#appliedWorks.store.byIndex(BY_OBJECT, id).length > 0
  }
}
