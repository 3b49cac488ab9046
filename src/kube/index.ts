export type { ClusterAccess, ClusterTls, Impersonation, ReadAccess } from './access/cluster-access.ts'
export { type FindAccessOptions, findAccess } from './access/find-access.ts'
export { readInClusterAccess } from './access/in-cluster.ts'
export {
  currentCluster,
  type KubeconfigOptions,
  readKubeconfig,
  readKubeconfigText,
} from './access/kubeconfig.ts'
export type { ClusterEntry } from './access/kubeconfig-file.ts'
export { Backoff, type BackoffOptions } from './backoff.ts'
export {
  type ClientMetrics,
  KubeClient,
  type KubeClientComponents,
  type KubeClientOptions,
} from './client/kube-client.ts'
export type { KubeAnswer, KubeRequest } from './client/request.ts'
export {
  type AppliedObject,
  type ApplyOptions,
  type CallOptions,
  type ListOptions,
  type Page,
  type Patch,
  ResourceClient,
  type SelectionOptions,
  type WatchOptions,
  type WriteOptions,
} from './client/resource-client.ts'
export type { ResourceDefinition } from './client/resource-definition.ts'
export { NoKindMatchError, RestMapper } from './client/rest-mapper.ts'
export type { Transport, TransportRequest, TransportResponse } from './client/transport.ts'
export type { WatchEvent } from './client/watch-event.ts'
export { type TaskDeadline, withDeadline } from './client/with-deadline.ts'
export { type Clock, microTimeText, systemClock, timeText } from './clock.ts'
export {
  Controller,
  type ControllerMetrics,
  type ControllerOptions,
  type SourceOptions,
} from './controller/controller.ts'
export { LEASES, type LeaderElectionOptions, LeaderElector } from './controller/leader-elector.ts'
export { LeaderLostError, Manager, type ManagerOptions, type Runnable } from './controller/manager.ts'
export { DefaultRateLimiter, type QueueRateLimiter } from './controller/rate-limiter.ts'
export type {
  Reconcile,
  ReconcileContext,
  ReconcileRequest,
  ReconcileResult,
} from './controller/reconciler.ts'
export {
  enqueueOwner,
  enqueueSelf,
  generationChanged,
  type MapFunction,
  objectPredicate,
  type Predicate,
  resourceVersionChanged,
} from './controller/sources.ts'
export { WorkQueue, type WorkQueueMetrics } from './controller/work-queue.ts'
export * from './errors.ts'
export { Applier } from './helpers/apply.ts'
export {
  findCondition,
  isConditionTrue,
  type NewCondition,
  removeCondition,
  setCondition,
} from './helpers/conditions.ts'
export { type CreateOrUpdateResult, createOrUpdate } from './helpers/create-or-update.ts'
export { DelegatedAuthorization, type Verdict, type WantedAccess } from './helpers/delegated-authorization.ts'
export { deleteIfThere, deleteObject } from './helpers/delete-object.ts'
export { ensureObject } from './helpers/ensure-object.ts'
export { EVENTS, EventRecorder, type NewEvent, referenceTo } from './helpers/event-recorder.ts'
export { addFinalizer, hasFinalizer, removeFinalizer } from './helpers/finalizers.ts'
export { selects } from './helpers/label-selection.ts'
export { ObjectPatcher } from './helpers/object-patcher.ts'
export { isAllowed, type ResourceAccess } from './helpers/own-access.ts'
export { unlistedAccess } from './helpers/own-rules.ts'
export { OwnWrites } from './helpers/own-writes.ts'
export {
  AlreadyOwnedError,
  controllerOf,
  ownerReferenceTo,
  withController,
  withOwner,
} from './helpers/owner-references.ts'
export {
  type ObjectChange,
  type PatchObjectOptions,
  patchConditions,
  patchObject,
  type WithConditions,
} from './helpers/patch-object.ts'
export { retryOnConflict } from './helpers/retry-on-conflict.ts'
export { waitForObject } from './helpers/wait-for-object.ts'
export { KubeMetrics } from './metrics.ts'
export { type EventHandler, Informer, type InformerOptions, waitForCacheSync } from './watch/informer.ts'
export { Informers } from './watch/informers.ts'
export { keyOf, keyText, parseKey } from './watch/object-key.ts'
export type { Indexer, ObjectReader } from './watch/object-store.ts'
export { Reflector, type ReflectorOptions, type ReflectorSink } from './watch/reflector.ts'
