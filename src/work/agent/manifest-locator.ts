import { errorMessage } from '../../common/errors.ts'
import { raceSignal } from '../../common/race-signal.ts'
import { NoKindMatchError, type ResourceDefinition, type RestMapper } from '../../kube/index.ts'
import { ApplyError } from './apply/errors.ts'
import type { ManifestObject } from './manifest-object.ts'
import { type ManifestTask, metaOf } from './manifest-task.ts'
import type { ObjectWatches } from './object-watches.ts'

export interface ManifestLocatorComponents {
  readonly mapper: RestMapper
  readonly watches: ObjectWatches<ManifestTask>
}

/** Knows where the objects of manifests are: a task's `target`, and what of its `meta` goes with it. */
export class ManifestLocator {
  readonly #components: ManifestLocatorComponents

  constructor(components: ManifestLocatorComponents) {
    this.#components = components
  }

  /** Rejects with an ApplyError where there is no place for the object. */
  async locate(
    task: ManifestTask,
    { ordinal, manifest }: { readonly ordinal: number; readonly manifest: ManifestObject },
    signal: AbortSignal,
  ): Promise<void> {
    if (task.isPlaced) {
      task.meta = { ...task.meta, ordinal }
      return
    }
    const { apiVersion = '', kind = '', metadata } = manifest
    const meta = metaOf(ordinal, manifest)
    task.meta = meta
    let definition: ResourceDefinition
    try {
      definition = await raceSignal(this.#components.mapper.definitionOf(apiVersion, kind), signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof NoKindMatchError)) throw new ApplyError(errorMessage(error), { cause: error })
      this.#leave(task)
      throw new ApplyError(`the server doesn't have a resource type ${JSON.stringify(kind)}`, {
        cause: error,
      })
    }
    const namespace = definition.namespaced ? (metadata.namespace ?? '') : ''
    const isConfirmed = task.target !== undefined && isSame(definition, task.target.definition)
    if (!isConfirmed) this.#leave(task)
    task.target = { definition, key: { namespace: namespace || undefined, name: metadata.name ?? '' } }
    task.isTargetConfirmed = isConfirmed
    task.isMisplaced = false
    task.meta = { ...meta, namespace, resource: definition.plural }
  }

  /** The API does not know the place of a task's object: it is looked for anew before anything else is done. */
  misplace(task: ManifestTask): void {
    task.isMisplaced = true
    if (task.target) this.#components.mapper.disown(task.target.definition)
  }

  /** Nobody wants to see the task's object any more. */
  release(task: ManifestTask): void {
    const { target } = task
    if (target) this.#components.watches.remove(task, target.definition, target.key)
    task.watchedFor = undefined
  }

  #leave(task: ManifestTask): void {
    this.release(task)
    task.target = undefined
    task.isMisplaced = false
  }
}

/** Group and version are the manifest's. */
function isSame(one: ResourceDefinition, other: ResourceDefinition): boolean {
  return one.plural === other.plural && one.namespaced === other.namespaced
}
