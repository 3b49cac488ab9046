import type { Deployment, ReplicaSet } from '../../apis/apps/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../../apis/resources.ts'
import {
  type Controller,
  type EventRecorder,
  isConflict,
  keyText,
  type MapFunction,
  OwnWrites,
  type Reconcile,
} from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { controllerEvents } from '../controller-events.ts'
import { claimed } from '../pods/claiming.ts'
import { enqueueController, OwnedObjects, type OwnerKind, ownerOf } from '../pods/owned-pods.ts'
import { hasEnded } from '../pods/pod-state.ts'
import { Rollout } from './rollout.ts'

const NAME = 'deployment-controller'

/** Rolls out what Deployments want by ReplicaSets (kube-controller-manager's `deployment-controller`). */
export function addDeploymentController(context: ControllerContext): Controller {
  const { manager } = context
  const deployments = manager.informers.for<Deployment>(DEPLOYMENTS)
  const sets = new OwnedObjects(manager.informers.for<ReplicaSet>(REPLICA_SETS))
  const pods = new OwnedObjects(manager.informers.for<Pod>(PODS))
  const kind: OwnerKind<Deployment> = {
    kind: 'Deployment',
    informer: deployments,
    selectorOf: ({ spec }) => spec.selector,
  }
  const reconcile = reconcileDeployment(context, { kind, sets, pods }, controllerEvents(context, NAME))
  return manager
    .controller({ name: 'deployment', concurrency: 5, reconcile })
    .watch(deployments)
    .watch(sets.informer, { map: enqueueController(kind) })
    .watch(pods.informer, {
      map: enqueueDeploymentOf(kind, sets),
      predicates: [{ onAdd: () => false, onUpdate: (before, pod) => hasEnded(pod) && !hasEnded(before) }],
    })
}

interface DeploymentSources {
  readonly kind: OwnerKind<Deployment>
  readonly sets: OwnedObjects<ReplicaSet>
  readonly pods: OwnedObjects<Pod>
}

function reconcileDeployment(
  { client }: ControllerContext,
  { kind, sets, pods }: DeploymentSources,
  events: EventRecorder,
): Reconcile {
  const deployments = client.resource<Deployment>(DEPLOYMENTS)
  const replicaSets = client.resource<ReplicaSet>(REPLICA_SETS)
  const ownWrites = new OwnWrites<Deployment>()
  return async (request, { signal }) => {
    const key = keyText(request)
    const cached = kind.informer.store.get(request)
    if (!cached) {
      ownWrites.forget(key)
      return undefined
    }
    const deployment = ownWrites.latest(key, cached)
    const updateStatus = async (wanted: Deployment) => {
      const written = await deployments.updateStatus(wanted, { signal })
      ownWrites.remember(key, cached, written, wanted)
      return written
    }
    const owned = await claimed(sets.claimableBy(deployment), {
      resource: replicaSets,
      owner: deployment,
      selector: deployment.spec.selector,
      readOwner: () => deployments.find(request, { signal }),
      signal,
    })
    const now = () => client.clock.now()
    const podsOf = (set: ReplicaSet) => pods.controlledBy(set)
    const rollout = new Rollout({ updateStatus, replicaSets, events, now, podsOf, signal }, deployment, owned)
    try {
      return await rollout.step()
    } catch (error) {
      if (isConflict(error)) return undefined // what we have not seen yet makes us look again
      throw error
    }
  }
}

/** With the strategy Recreate the last pod that ends lets the rollout go on. */
function enqueueDeploymentOf(kind: OwnerKind<Deployment>, sets: OwnedObjects<ReplicaSet>): MapFunction<Pod> {
  const setKind = {
    kind: 'ReplicaSet',
    informer: sets.informer,
    selectorOf: ({ spec }: ReplicaSet) => spec.selector,
  }
  return (pod) => {
    const set = ownerOf(pod, setKind)
    const deployment = set && ownerOf(set, kind)
    if (deployment?.spec.strategy?.type !== 'Recreate') return []
    return [{ namespace: deployment.metadata.namespace, name: deployment.metadata.name ?? '' }]
  }
}
