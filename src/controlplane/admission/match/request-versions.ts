import { StatusError } from '../../api/status.ts'
import type { KubeObject } from '../../registry/index.ts'
import {
  convertedHere,
  keptHere,
  type ServedResource,
  servedObject,
  storedObject,
} from '../../resources/index.ts'
import type { AdmissionRequest } from '../admission.ts'

/** Where the versions of resources are known. */
export interface ResourceVersions {
  find(group: string, version: string, resource: string): ServedResource | undefined
  ofKind(group: string, version: string, kind: string): ServedResource | undefined
  /** All versions in which the objects of a resource are served, itself among them, also those of other groups. */
  equivalents(resource: ServedResource): readonly ServedResource[]
}

/** The objects of a request in one version. */
export interface VersionedObjects {
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
}

/** The objects of one request in each version in which somebody asks for them. Converted when they are asked for. */
export class RequestVersions {
  readonly own: ServedResource
  readonly #versions: ResourceVersions
  readonly #request: AdmissionRequest
  readonly #known = new Map<ServedResource, VersionedObjects>()
  #equivalents: readonly ServedResource[] | undefined

  /** @throws StatusError NotFound when the resource has just gone */
  constructor(versions: ResourceVersions, request: AdmissionRequest) {
    const { group, version, resource } = request
    const own = versions.find(group, version, resource)
    if (!own) throw new StatusError('NotFound', 'the server could not find the requested resource')
    this.own = own
    this.#versions = versions
    this.#request = request
  }

  /** Other versions of the same objects. */
  get others(): readonly ServedResource[] {
    this.#equivalents ??= this.#versions.equivalents(this.own).filter((each) => each !== this.own)
    return this.#equivalents
  }

  /**
   * Has a webhook convert what only a webhook can, so that it is there when it is asked for.
   *
   * @throws StatusError when the webhook cannot
   */
  async prepare(version: ServedResource): Promise<void> {
    if (!this.own.isConvertedElsewhere || version === this.own || this.#known.has(version)) return
    const { object, oldObject, objectKind } = this.#request
    if (objectKind) return
    this.#known.set(version, {
      object: object && (await converted(object, this.own, version)),
      oldObject: oldObject && (await converted(oldObject, this.own, version)),
    })
  }

  /** @throws StatusError when only a webhook can convert them, and has not been asked to */
  in(version: ServedResource): VersionedObjects {
    let objects = this.#known.get(version)
    if (!objects) {
      const { object, oldObject, objectKind } = this.#request
      // What is not of the resource's own kind has no other versions.
      const here = (each: KubeObject) =>
        version === this.own || objectKind ? each : convertedHere(version, keptHere(this.own, each))
      objects = { object: object && here(object), oldObject: oldObject && here(oldObject) }
      this.#known.set(version, objects)
    }
    return objects
  }
}

/**
 * The same object in another version of its resource.
 *
 * @throws StatusError
 */
export async function converted(
  object: KubeObject,
  from: ServedResource,
  to: ServedResource,
): Promise<KubeObject> {
  return from === to ? object : servedObject(to, await storedObject(from, object))
}
