import { APPLIED_MANIFEST_WORK_FINALIZER } from '../../apis/work/constants.ts'
import type { AppliedManifestResource, AppliedManifestWork, ManifestWork } from '../../apis/work/v1.ts'
import { sameJson } from '../../common/json-tools.ts'
import {
  type Informer,
  isAlreadyExists,
  isNotFound,
  type KubeClient,
  type ReconcileContext,
} from '../../kube/index.ts'
import {
  appliedResourceId,
  type DeletionComponents,
  deleteAppliedResources,
  sortAppliedResources,
} from './applied-resources.ts'
import type { ManifestTask } from './manifest-task.ts'
import { ownerOf } from './ownership.ts'
import type { WorkMemory } from './work-memory.ts'

const SHORTEST_WAIT_MS = 20
const LONGEST_WAIT_MS = 60_000

export interface AppliedWorkRecordComponents {
  readonly appliedWorks: Informer<AppliedManifestWork>
  /** Of the managed cluster. */
  readonly client: KubeClient
  readonly watches: DeletionComponents['watches']
}

export interface AppliedWorkRecordOptions {
  /** Hex SHA-256 of the hub's address. */
  readonly hubHash: string
  readonly agentId: string
}

/** What the managed cluster knows of a work: the AppliedManifestWork, which owns what was applied and lists it. */
export class AppliedWorkRecord {
  readonly #components: AppliedWorkRecordComponents
  readonly #options: AppliedWorkRecordOptions

  constructor(components: AppliedWorkRecordComponents, options: AppliedWorkRecordOptions) {
    this.#components = components
    this.#options = options
  }

  nameOf(work: string): string {
    return `${this.#options.hubHash}-${work}`
  }

  /** The work of an AppliedManifestWork that this hub's works have; undefined for those of other hubs. */
  workOf(name: string): string | undefined {
    const prefix = `${this.#options.hubHash}-`
    return name.startsWith(prefix) ? name.slice(prefix.length) : undefined
  }

  /** The later of what was written and what was seen. */
  find(work: string, memory: WorkMemory): AppliedManifestWork | undefined {
    const seen = this.#components.appliedWorks.store.get({ name: this.nameOf(work) })
    const { applied } = memory
    if (!seen || !applied || seen.metadata.uid !== applied.metadata.uid) return seen ?? applied
    return seen.metadata.deletionTimestamp ? seen : applied
  }

  /** Makes it, or brings it up to date, where it has to be. */
  async ensure(
    { metadata }: ManifestWork,
    memory: WorkMemory,
    signal: AbortSignal,
  ): Promise<AppliedManifestWork> {
    const { hubHash, agentId: agentID } = this.#options
    const work = metadata.name ?? ''
    const name = this.nameOf(work)
    const spec = { hubHash, manifestWorkName: work, agentID }
    const labels = metadata.labels ?? {}
    const known = this.find(work, memory)
    if (!known) {
      memory.applied = await this.#create(
        { name, labels, finalizers: [APPLIED_MANIFEST_WORK_FINALIZER] },
        spec,
        signal,
      )
      return memory.applied
    }
    const missing = Object.entries(labels).filter(([key, value]) => known.metadata.labels?.[key] !== value)
    const isSame = sameJson({ ...known.spec }, spec) && missing.length === 0
    if (isSame || known.metadata.deletionTimestamp) return known
    const body = { metadata: { uid: known.metadata.uid, labels: Object.fromEntries(missing) }, spec }
    memory.applied = await this.#components.appliedWorks.resource.patch(
      { name },
      { type: 'merge', body },
      { signal },
    )
    return memory.applied
  }

  async #create(
    metadata: {
      readonly name: string
      readonly labels: Readonly<Record<string, string>>
      readonly finalizers: string[]
    },
    spec: { readonly hubHash: string; readonly manifestWorkName: string; readonly agentID: string },
    signal: AbortSignal,
  ): Promise<AppliedManifestWork> {
    const { resource } = this.#components.appliedWorks
    try {
      return await resource.create({ kind: 'AppliedManifestWork', metadata, spec }, { signal })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      return resource.get({ name: metadata.name }, { signal })
    }
  }

  /** Has it deleted. False if it is not there any more. */
  async delete({ metadata }: AppliedManifestWork, memory: WorkMemory, signal: AbortSignal): Promise<boolean> {
    const { name = '', uid } = metadata
    try {
      await this.#components.appliedWorks.resource.delete(
        { name },
        { signal, ...(uid && { preconditions: { uid } }) },
      )
      return true
    } catch (error) {
      if (!isNotFound(error)) throw error
      memory.applied = undefined
      return false
    }
  }

  /**
   * Lists what is there, and deletes what was listed and is not wanted any more. Nothing is deleted as long as it is not certain of
   * each manifest whether its object is there. Resolves with how long to wait for what is on its way out, Infinity if there is no such.
   */
  async update(
    memory: WorkMemory,
    appliedWork: AppliedManifestWork,
    tasks: readonly ManifestTask[],
    { isWhole, log, signal }: ReconcileContext & { readonly isWhole: boolean },
  ): Promise<number> {
    if (appliedWork.metadata.deletionTimestamp) return Number.POSITIVE_INFINITY
    const before = appliedWork.status?.appliedResources ?? []
    const { resources, isCertain } = presentResources(tasks, before)
    const wanted = new Set(resources.map(appliedResourceId))
    const unwanted = withLeftovers(before, memory).filter((each) => !wanted.has(appliedResourceId(each)))
    const { client, watches } = this.#components
    const { pending, failed } =
      isCertain && isWhole
        ? await deleteAppliedResources({ client, watches, log }, unwanted, {
            owner: ownerOf(appliedWork),
            signal,
          })
        : { pending: unwanted, failed: [] }
    const kept = [...pending, ...failed.map(({ resource }) => resource)]
    await this.#write(memory, appliedWork, sortAppliedResources([...resources, ...kept]), signal)
    if (isCertain && isWhole) memory.leftovers.clear() // what is still there is listed
    if (failed[0]) throw failed[0].error
    if (pending.length === 0 || !isCertain || !isWhole) {
      memory.waits = 0
      return Number.POSITIVE_INFINITY
    }
    memory.waits += 1
    return Math.min(SHORTEST_WAIT_MS * 2 ** Math.min(memory.waits, 30), LONGEST_WAIT_MS)
  }

  async #write(
    memory: WorkMemory,
    appliedWork: AppliedManifestWork,
    appliedResources: readonly AppliedManifestResource[],
    signal: AbortSignal,
  ): Promise<void> {
    const before = appliedWork.status?.appliedResources ?? []
    memory.applied = appliedWork
    if (sameJson(before.map(comparable), appliedResources.map(comparable))) return
    const { name = '', uid } = appliedWork.metadata
    const body = { metadata: { uid }, status: { appliedResources } }
    const { resource } = this.#components.appliedWorks
    memory.applied = await resource.patchStatus({ name }, { type: 'merge', body }, { signal })
  }
}

/** With what was applied and could not be listed before it was unwanted. */
function withLeftovers(
  listed: readonly AppliedManifestResource[],
  { leftovers }: WorkMemory,
): readonly AppliedManifestResource[] {
  const left = presentResources([...leftovers], listed).resources
  const ids = new Set(listed.map(appliedResourceId))
  return [...listed, ...left.filter((each) => !ids.has(appliedResourceId(each)))]
}

function presentResources(
  tasks: readonly ManifestTask[],
  before: readonly AppliedManifestResource[],
): { readonly resources: readonly AppliedManifestResource[]; readonly isCertain: boolean } {
  const uidBefore = new Map(before.map((each) => [appliedResourceId(each), each.uid]))
  const resources = new Map<string, AppliedManifestResource>()
  let isCertain = true
  for (const { target, sighting } of tasks) {
    if (!target || sighting instanceof Error) isCertain = false
    if (!target || sighting === null) continue
    const { group, version, plural } = target.definition
    const { namespace, name } = target.key
    const found = { group, version, resource: plural, namespace: namespace ?? '', name }
    const id = appliedResourceId(found)
    const uid = sighting instanceof Error ? uidBefore.get(id) : sighting.metadata.uid
    if (uid !== undefined) resources.set(id, { ...found, uid })
  }
  return { resources: [...resources.values()], isCertain }
}

function comparable({
  group = '',
  version,
  resource,
  namespace = '',
  name,
  uid = '',
}: AppliedManifestResource) {
  return { group, version, resource, namespace, name, uid }
}
