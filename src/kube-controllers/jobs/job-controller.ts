import type { Job } from '../../apis/batch/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { JOBS, PODS } from '../../apis/resources.ts'
import {
  type Controller,
  controllerOf,
  type Informer,
  isConflict,
  isNotFound,
  keyText,
  type MapFunction,
  type ReconcileContext,
  type ReconcileRequest,
  type ReconcileResult,
  type ResourceClient,
  selects,
} from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { controllerEvents } from '../controller-events.ts'
import { claimed } from '../pods/claiming.ts'
import { Expectations } from '../pods/expectations.ts'
import { enqueueController, OwnedObjects, type OwnerKind, observePods } from '../pods/owned-pods.ts'
import { PodControl } from '../pods/pod-control.ts'
import { isFinished } from './job-conditions.ts'
import { isTracked, TRACKING_FINALIZER } from './job-pods.ts'
import { JobSync, type JobSyncComponents } from './job-sync.ts'
import { PodReleases } from './pod-releases.ts'

const NAME = 'job-controller'
const MANAGED_BY = 'kubernetes.io/job-controller'
const NAME_LABEL = 'batch.kubernetes.io/job-name'

/** Pods that are to be counted by a Job, by its name. */
const BY_TRACKING_JOB = 'tracking-job'

/** Runs pods until as many have succeeded as Jobs want (kube-controller-manager's `job-controller`). */
export function addJobController(context: ControllerContext): Controller {
  const { manager } = context
  const jobs = manager.informers.for<Job>(JOBS)
  const pods = new OwnedObjects(manager.informers.for<Pod>(PODS))
  pods.informer.addIndexer(BY_TRACKING_JOB, trackingJobs)
  const kind: OwnerKind<Job> = { kind: 'Job', informer: jobs, selectorOf: ({ spec }) => spec.selector }
  const reconciler = new JobReconciler(context, kind, pods)
  return manager
    .controller({
      name: 'job',
      concurrency: 5,
      reconcile: (request, each) => reconciler.reconcile(request, each),
    })
    .watch(jobs)
    .watch(pods.informer, { map: enqueueJob(enqueueController(kind)) })
}

function trackingJobs(pod: Pod): readonly string[] {
  const name = trackingJob(pod)
  return name === undefined ? [] : [keyText({ namespace: pod.metadata.namespace, name })]
}

/** The Job that has put its finalizer on the pod, though it may have gone, or has given up the pod. */
function trackingJob(pod: Pod): string | undefined {
  if (!isTracked(pod)) return undefined
  const controller = controllerOf(pod)
  if (controller) return controller.kind === 'Job' ? controller.name : undefined
  return pod.metadata.labels?.[NAME_LABEL]
}

function enqueueJob(ofOwners: MapFunction<Pod>): MapFunction<Pod> {
  return (pod) => {
    const name = trackingJob(pod)
    const owners = ofOwners(pod)
    return name === undefined ? owners : [...owners, { namespace: pod.metadata.namespace, name }]
  }
}

class JobReconciler {
  readonly #kind: OwnerKind<Job>
  readonly #pods: OwnedObjects<Pod>
  readonly #podInformer: Informer<Pod>
  readonly #podResource: ResourceClient<Pod>
  readonly #components: Omit<JobSyncComponents, 'signal'>

  constructor(context: ControllerContext, kind: OwnerKind<Job>, pods: OwnedObjects<Pod>) {
    const { client } = context
    const events = controllerEvents(context, NAME)
    this.#kind = kind
    this.#pods = pods
    this.#podInformer = pods.informer
    this.#podResource = client.resource<Pod>(PODS)
    const expectations = new Expectations(client.clock)
    this.#components = {
      jobs: client.resource<Job>(JOBS),
      podControl: new PodControl({ pods: this.#podResource, events }),
      expectations,
      releases: new PodReleases(this.#podResource, pods.informer),
      failures: new Map(),
      events,
      now: () => client.clock.now(),
    }
    observePods(pods.informer, kind, expectations)
    kind.informer.addHandler({
      onDelete: ({ metadata }) => this.#components.failures.delete(metadata.uid ?? ''),
    })
  }

  async reconcile(
    request: ReconcileRequest,
    { signal }: ReconcileContext,
  ): Promise<ReconcileResult | undefined> {
    const { expectations, jobs, failures } = this.#components
    const isKnown = this.#kind.informer.store.get(request) !== undefined
    // Counters must not be behind: the API is asked, and not the store.
    const job = isKnown ? await jobs.find(request, { signal }) : undefined
    await this.#releaseStrays(request, job, signal)
    if (!job) {
      expectations.forget(keyText(request))
      return undefined
    }
    const { managedBy = MANAGED_BY } = job.spec
    if (managedBy !== MANAGED_BY) return undefined
    if (isFinished(job)) {
      failures.delete(job.metadata.uid ?? '')
      return undefined
    }
    // Before the pods are looked at: one that comes in between would be missed otherwise.
    const mayManage = expectations.areMet(keyText(request))
    const claimable = this.#pods.claimableBy(job)
    const released = this.#components.releases.among(claimable)
    const pods = await this.#claim(claimable, job, signal)
    try {
      return await new JobSync({ ...this.#components, signal }, { job, pods, released, mayManage }).step()
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return undefined // what we have not seen yet makes us look again
      throw error
    }
  }

  #claim(pods: readonly Pod[], job: Job, signal: AbortSignal): Promise<Pod[]> {
    const { namespace, name = '' } = job.metadata
    return claimed(pods, {
      resource: this.#podResource,
      owner: job,
      selector: job.spec.selector ?? { matchLabels: {} },
      readOwner: () => this.#components.jobs.find({ namespace, name }, { signal }),
      finalizer: TRACKING_FINALIZER,
      signal,
    })
  }

  /** Pods that no Job will count any more may go. Those of a Job that has ended were counted. */
  async #releaseStrays(request: ReconcileRequest, job: Job | undefined, signal: AbortSignal): Promise<void> {
    const isMine = (pod: Pod) => {
      if (!job || isFinished(job)) return false
      const controller = controllerOf(pod)
      if (controller) return controller.uid === job.metadata.uid
      return job.spec.selector !== undefined && selects(job.spec.selector, pod.metadata.labels ?? {})
    }
    const tracked = this.#podInformer.store.byIndex(BY_TRACKING_JOB, keyText(request))
    const { failure } = await this.#components.releases.releaseAll(
      tracked.filter((pod) => !isMine(pod)),
      signal,
    )
    if (failure !== undefined) throw failure
  }
}
