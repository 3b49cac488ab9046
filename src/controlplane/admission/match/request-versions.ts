import { StatusError } from '../../api/status.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { AdmissionRequest } from '../admission.ts'

/** Where the versions of resources are known. */
export interface ResourceVersions {
  find(group: string, version: string, resource: string): ServedResource | undefined
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

  in(version: ServedResource): VersionedObjects {
    let objects = this.#known.get(version)
    if (!objects) {
      const { object, oldObject } = this.#request
      objects = {
        object: object && converted(object, this.own, version),
        oldObject: oldObject && converted(oldObject, this.own, version),
      }
      this.#known.set(version, objects)
    }
    return objects
  }
}

/** The same object in another version of its resource. */
export function converted(object: KubeObject, from: ServedResource, to: ServedResource): KubeObject {
  return from === to ? object : to.fromStored(from.toStored(object))
}
