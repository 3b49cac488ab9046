import type { ResourceRequest, Verb } from '../api/request-info.ts'
import { methodNotAllowed, StatusError } from '../api/status.ts'
import { type Answer, pageNotFound, type UpgradeAnswer } from '../http/answer.ts'
import type { ResourceCatalog } from '../resources/resource-catalog.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import { createObject } from './create.ts'
import { deleteCollection, deleteObject } from './delete.ts'
import type { EndpointComponents } from './endpoint-components.ts'
import { patchObject } from './patch.ts'
import { getObject, listObjects } from './read.ts'
import type { ObjectRequest } from './resource-request.ts'
import { getScale, patchScale, updateScale } from './scale.ts'
import { updateObject } from './update.ts'
import { watchObjects } from './watch.ts'

/** Answers requests for something that is not simply an object that is kept. */
export type SpecialEndpoint = (request: ObjectRequest) => Promise<Answer | UpgradeAnswer>

/** By `group/resource` or `group/resource/subresource`, and what of it can be done: `POST`. */
export type SpecialEndpoints = Readonly<Record<string, Readonly<Record<string, SpecialEndpoint>>>>

/** What can be done with a part of an object, such as its status. */
const PART_VERBS: readonly string[] = ['get', 'update', 'patch'] satisfies Verb[]

export interface ResourceRouterComponents extends EndpointComponents {
  readonly catalog: ResourceCatalog
  readonly special: SpecialEndpoints
}

/** Carries out requests for objects. */
export class ResourceRouter {
  readonly #components: ResourceRouterComponents

  constructor(components: ResourceRouterComponents) {
    this.#components = components
  }

  /** @throws StatusError */
  async handle(request: ObjectRequest): Promise<Answer | UpgradeAnswer> {
    const { group, version, resource, subresource } = request.info
    const { catalog, special } = this.#components
    if (!catalog.has(group, version, resource)) {
      if (catalog.isBuiltinVersion(group, version)) throw noSuchResource()
      return pageNotFound()
    }
    const path = [group, resource, ...(subresource === '' ? [] : [subresource])].join('/')
    const endpoints = Object.hasOwn(special, path) ? special[path] : undefined
    if (endpoints) {
      const method = request.method === 'HEAD' ? 'GET' : request.method
      const endpoint = Object.hasOwn(endpoints, method) ? endpoints[method] : undefined
      if (endpoint) return endpoint(request)
      throw methodNotAllowed()
    }
    const served = catalog.find(group, version, resource)
    if (!served) throw methodNotAllowed()
    requireScope(served, request.info)
    if (served.deprecationWarning !== undefined) request.warn(served.deprecationWarning)
    return this.#handleServed(served, request)
  }

  async #handleServed(resource: ServedResource, request: ObjectRequest): Promise<Answer> {
    const { verb, subresource, name } = request.info
    const components = this.#components
    if (subresource === 'scale' && resource.scaling) return this.#handleScale(resource, request)
    const type = resource.typeOf(subresource)
    if (!type) throw noSuchResource()
    const verbs = subresource === '' ? resource.info.verbs : PART_VERBS
    if (!verbs.includes(verb)) throw methodNotAllowed()
    switch (verb) {
      case 'list':
        return listObjects(components, resource, request)
      case 'watch':
        if (request.method !== 'GET') throw methodNotAllowed()
        return watchObjects(components, resource, request)
      case 'deletecollection':
        return deleteCollection(components, resource, request)
      case 'create':
        if (name !== '') throw methodNotAllowed()
        return createObject(components, resource, request)
    }
    if (name === '') throw methodNotAllowed()
    switch (verb) {
      case 'get':
        return getObject(components, resource, request)
      case 'update':
        return updateObject(components, resource, type, request)
      case 'patch':
        return patchObject(components, resource, type, request)
      case 'delete':
        return deleteObject(components, resource, request)
      default:
        throw methodNotAllowed()
    }
  }

  async #handleScale(resource: ServedResource, request: ObjectRequest): Promise<Answer> {
    switch (request.info.verb) {
      case 'get':
        return getScale(this.#components, resource, request)
      case 'update':
        return updateScale(this.#components, resource, request)
      case 'patch':
        return patchScale(this.#components, resource, request)
      default:
        throw methodNotAllowed()
    }
  }
}

/** Only of all namespaces at once can something in namespaces be read without naming one. */
function requireScope({ group, resource, namespaced }: ServedResource, info: ResourceRequest): void {
  const isNamespace = group === '' && resource === 'namespaces'
  if (!namespaced && !isNamespace && info.namespace !== '') throw noSuchResource()
  if (!namespaced || info.namespace !== '') return
  if (info.verb === 'list' || info.verb === 'watch') return
  throw info.name === '' ? methodNotAllowed() : noSuchResource()
}

function noSuchResource(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource', {})
}
