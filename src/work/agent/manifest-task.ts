import type { ObjectKey, OwnerReference } from '../../apis/meta/v1.ts'
import type { ManifestResourceMeta, ManifestWorkExecutor } from '../../apis/work/v1.ts'
import type { JsonValue } from '../../common/json.ts'
import { canonicalJson } from '../../common/json-tools.ts'
import type { ResourceDefinition } from '../../kube/index.ts'
import type { ManifestConfig } from './manifest-config.ts'
import { asJson, groupVersionOf, type ManifestObject } from './manifest-object.ts'
import type { WatchPurpose } from './object-watches.ts'
import { digestOf, digestOfText } from './value-digest.ts'

/** What is wanted of one manifest. Two that are the same ask for the same. */
export interface ManifestWish {
  readonly manifest: ManifestObject
  readonly config: ManifestConfig
  readonly executor: ManifestWorkExecutor | undefined
  readonly owner: OwnerReference
  /** It is complete: its object is looked at, and left alone. */
  readonly isComplete: boolean
}

/** Where a manifest's object is. */
export interface Target {
  readonly definition: ResourceDefinition
  readonly key: ObjectKey
}

/** What became of an object: `null` where there is none, an error where that could not be found out. */
export type Sighting = ManifestObject | null | Error

/** The life of one manifest of one work: what was wanted last, what came of it, and when it is to be looked at again. */
export class ManifestTask {
  /** The work's name. */
  readonly work: string
  meta: ManifestResourceMeta = { ordinal: 0 }
  target: Target | undefined
  /** The API does not have the resource of the target any more: the kind may have another one by now. */
  isMisplaced = false
  /** The API did not seem to have it, and says that it does. */
  isTargetConfirmed = false
  /** Why it could not be applied. */
  error: Error | undefined
  sighting: Sighting = null
  /** On the monotonic clock; nothing is done before. */
  dueAt = 0
  /** How often in a row it failed. */
  failures = 0
  /** How often in a row it was brought back to what it should be, and since when there was no need for it. */
  repairs = 0
  repairedAt = Number.NEGATIVE_INFINITY
  watchedFor: WatchPurpose | undefined
  /** How often its object was heard to have changed. */
  changes = 0
  /** Nothing has been done about it in this life of the agent. */
  isUntouched = true
  /** The uid of an object that was applied and could not be given its owner yet. */
  unowned: string | undefined
  /** When the executor was last found to be allowed to do it. */
  verifiedAt = Number.NEGATIVE_INFINITY
  /** The wish that was fulfilled last, and how the object was then. */
  #fulfilled: { readonly wish: string; readonly object: string } | undefined
  #wish = ''

  constructor(work: string) {
    this.work = work
  }

  /** Whether it is known where its object is. */
  get isPlaced(): boolean {
    return this.target !== undefined && !this.isMisplaced
  }

  /** What was in its way may be gone. */
  retryNow(): void {
    this.dueAt = 0
    this.failures = 0
  }

  /** Returns whether something else is wanted now than before. */
  want(wish: ManifestWish): boolean {
    const text = textOf(wish)
    if (text === this.#wish) return false
    this.#wish = text
    this.repairs = 0
    this.retryNow()
    return true
  }

  /** Whether the object is as it was when what is wanted now was done. */
  isFulfilledBy(object: ManifestObject): boolean {
    return this.#fulfilled?.wish === this.#wish && this.#fulfilled.object === fingerprint(object)
  }

  /** Whether what is wanted now was ever done. */
  get wasFulfilled(): boolean {
    return this.#fulfilled?.wish === this.#wish
  }

  fulfil(object: ManifestObject): void {
    this.#fulfilled = { wish: this.#wish, object: fingerprint(object) }
  }

  /** It may have to be done again, whatever the object looks like. */
  forget(): void {
    this.#fulfilled = undefined
  }
}

/** Tells the manifests of one work apart. */
export function manifestId({ apiVersion, kind, metadata }: ManifestObject): string {
  return JSON.stringify([apiVersion, kind, metadata.namespace ?? '', metadata.name ?? ''])
}

/** What is known of a manifest by itself. */
export function metaOf(
  ordinal: number,
  { apiVersion = '', kind = '', metadata }: ManifestObject,
): ManifestResourceMeta {
  const { group, version } = groupVersionOf(apiVersion)
  const { namespace = '', name = '' } = metadata
  return { ordinal, group, version, kind, resource: '', namespace, name }
}

/** The same for two wishes that ask for the same. */
function textOf({ manifest, config, executor, owner, isComplete }: ManifestWish): string {
  const { feedbackRules, conditionRules, updateStrategy, feedbackScrapeType } = config
  const parts = [manifest, feedbackRules, conditionRules, updateStrategy, executor].map(digestOf)
  return digestOfText(JSON.stringify([parts, feedbackScrapeType, owner.name, owner.uid, isComplete]))
}

/** All of an object that a manifest can be about: neither its status, nor what the API counts by. */
function fingerprint(object: ManifestObject): string {
  const { resourceVersion: _, managedFields: __, generation: ___, ...metadata } = object.metadata
  const { status: ____, ...rest } = asJson(object)
  return digestOfText(canonicalJson({ ...rest, metadata: metadata as unknown as JsonValue }))
}
