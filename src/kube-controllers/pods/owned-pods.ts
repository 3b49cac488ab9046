import type { Pod } from '../../apis/core/v1.ts'
import type { KubeObject, LabelSelector, ObjectKey } from '../../apis/meta/v1.ts'
import { controllerOf, type Informer, keyOf, type MapFunction, selects } from '../../kube/index.ts'
import type { Expectations } from './expectations.ts'

const BY_CONTROLLER = 'controller'

/** Objects by the uid of their controller; those without one by their namespace. */
function controllerKeys(object: KubeObject): readonly string[] {
  const controller = controllerOf(object)
  return [controller ? `uid ${controller.uid}` : orphansOf(object.metadata.namespace)]
}

function orphansOf(namespace: string | undefined): string {
  return `orphans ${namespace ?? ''}`
}

/** An informer of which objects are found by their controller. */
export class OwnedObjects<T extends KubeObject> {
  readonly informer: Informer<T>

  constructor(informer: Informer<T>) {
    informer.addIndexer(BY_CONTROLLER, controllerKeys)
    this.informer = informer
  }

  controlledBy({ metadata }: KubeObject): readonly T[] {
    return this.informer.store.byIndex(BY_CONTROLLER, `uid ${metadata.uid}`)
  }

  /** What the owner controls, and what it may adopt. */
  claimableBy(owner: KubeObject): readonly T[] {
    const orphans = this.informer.store.byIndex(BY_CONTROLLER, orphansOf(owner.metadata.namespace))
    return [...this.controlledBy(owner), ...orphans]
  }
}

/** A kind whose objects own others. */
export interface OwnerKind<Owner extends KubeObject> {
  readonly kind: string
  readonly informer: Informer<Owner>
  readonly selectorOf: (owner: Owner) => LabelSelector | undefined
}

/** The object's controller if it is of the kind. A name is not enough: it may be another's by now. */
export function ownerOf<Owner extends KubeObject>(
  object: KubeObject,
  { kind, informer }: OwnerKind<Owner>,
): Owner | undefined {
  const controller = controllerOf(object)
  if (controller?.kind !== kind) return undefined
  const owner = informer.store.get({ namespace: object.metadata.namespace, name: controller.name })
  return owner?.metadata.uid === controller.uid ? owner : undefined
}

/** Maps an object to its controller, an orphan to all that might adopt it. */
export function enqueueController<Owner extends KubeObject>(kind: OwnerKind<Owner>): MapFunction<KubeObject> {
  return (object) => {
    if (controllerOf(object)) return keysOf([ownerOf(object, kind)])
    const { namespace, labels = {} } = object.metadata
    return keysOf(
      kind.informer.store.list(namespace).filter((owner) => {
        const selector = kind.selectorOf(owner)
        return selector && selects(selector, labels)
      }),
    )
  }
}

function keysOf(owners: readonly (KubeObject | undefined)[]): ObjectKey[] {
  return owners.flatMap((owner) =>
    owner ? [{ namespace: owner.metadata.namespace, name: owner.metadata.name ?? '' }] : [],
  )
}

/** Tells expectations what is seen of pods. To be called before the informer's other handlers are added. */
export function observePods<Owner extends KubeObject>(
  pods: Informer<Pod>,
  kind: OwnerKind<Owner>,
  expectations: Expectations,
): void {
  const seen = (pod: Pod, tell: (owner: string, pod: string) => void) => {
    const owner = ownerOf(pod, kind)
    if (owner) tell(keyOf(owner), keyOf(pod))
  }
  const deletionSeen = (pod: Pod) => seen(pod, (owner, key) => expectations.deletionSeen(owner, key))
  pods.addHandler({
    onAdd: (pod) => {
      if (pod.metadata.deletionTimestamp) deletionSeen(pod)
      else seen(pod, (owner) => expectations.creationSeen(owner))
    },
    onUpdate: (_, pod) => {
      if (pod.metadata.deletionTimestamp) deletionSeen(pod)
    },
    onDelete: deletionSeen,
  })
}
