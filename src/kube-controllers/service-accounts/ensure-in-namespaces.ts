import type { Namespace } from '../../apis/core/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { NAMESPACES } from '../../apis/resources.ts'
import {
  type Controller,
  isAlreadyExists,
  isConflict,
  isNotFound,
  type ResourceClient,
  type ResourceDefinition,
} from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { isTerminating, isTerminatingError } from './terminating.ts'

/** An object that every namespace has, under one name. */
export interface EnsuredObject<T extends KubeObject> {
  /** For logs and metrics. */
  readonly controller: string
  readonly definition: ResourceDefinition
  readonly name: string
  readonly create: () => T
  /** What is to be made of one that is there; undefined when it is as it should be. */
  readonly repair: (existing: T) => T | undefined
}

/** Keeps such an object in every namespace, as long as that is not being deleted. */
export function addEnsuringController<T extends KubeObject>(
  { manager, client }: ControllerContext,
  { controller, definition, name, create, repair }: EnsuredObject<T>,
): Controller {
  const namespaces = manager.informers.for<Namespace>(NAMESPACES)
  const fieldSelector = `metadata.name=${name}`
  const objects = manager.informers.for<T>(definition, { fieldSelector })
  const resource = client.resource<T>(definition)
  return manager
    .controller({
      name: controller,
      async reconcile({ name: namespace }, { signal }) {
        const found = namespaces.store.get({ name: namespace })
        if (!found || isTerminating(found)) return
        const existing = objects.store.get({ namespace, name })
        const wanted = existing ? repair(existing) : create()
        if (!wanted) return
        try {
          await write(resource, { ...wanted, metadata: { ...wanted.metadata, namespace, name } }, signal)
        } catch (error) {
          if (!isTerminatingError(error)) throw error
        }
      },
    })
    .watch(namespaces)
    .watch(objects, { map: ({ metadata }) => [{ name: metadata.namespace ?? '' }] })
}

/** Who finds out that what it has seen is old waits for the event, which makes it look again. */
async function write<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (object.metadata.resourceVersion === undefined) await resource.create(object, { signal })
    else await resource.update(object, { signal })
  } catch (error) {
    if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error
  }
}
