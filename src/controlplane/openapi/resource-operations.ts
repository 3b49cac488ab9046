import type { GroupVersionKind, ResourceInfo, SubresourceInfo } from '../discovery/index.ts'
import { typeOfKind } from '../schema/builtin-types.ts'
import { definitionName, META_DEFINITIONS } from './definition-names.ts'
import type { Content, Method, Operation, OperationResponse, Parameter } from './operation.ts'
import { capitalized, operationIdAndTag, withArticle } from './operation-id.ts'
import {
  LOG_PARAMETERS,
  NAMESPACE,
  nameOf,
  OPTIONS_OF_KIND,
  PARAMETERS_OF,
  PRETTY,
  PROXIED_PATH,
} from './parameters.ts'

export const OBJECT_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const STREAM_TYPES = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const ANY_TYPE = ['*/*']

export const UNAUTHORIZED: OperationResponse = { status: 401, description: 'Unauthorized' }
const STATUS: Content = { definition: META_DEFINITIONS.status }
const DELETE_BODY = { content: { definition: META_DEFINITIONS.deleteOptions }, required: false } as const
const PATCH_BODY = { content: { definition: META_DEFINITIONS.patch }, required: true } as const

const CONNECT_METHODS: Readonly<Record<string, Method>> = {
  create: 'post',
  delete: 'delete',
  get: 'get',
  patch: 'patch',
  update: 'put',
}
const PROXY_ONLY_METHODS: readonly Method[] = ['head', 'options']

interface Place {
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** `Namespaced` or nothing. */
  readonly scope: string
}

/** What can be done with a built-in resource (k8s.io/apiserver, endpoints/installer). */
export class ResourceOperations {
  readonly #root: string
  readonly #group: string
  readonly #version: string
  readonly #info: ResourceInfo

  constructor(group: string, version: string, info: ResourceInfo) {
    this.#root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
    this.#group = group
    this.#version = version
    this.#info = info
  }

  all(): Operation[] {
    const { namespaced, resource, verbs, subresources = [] } = this.#info
    const collection = this.#collection()
    const item = this.#item(collection)
    const everywhere = { path: `${this.#root}/${resource}`, parameters: [], scope: '' }
    return [
      ...(verbs.includes('list') ? [this.#list(collection, '')] : []),
      ...(verbs.includes('list') && namespaced ? [this.#list(everywhere, 'ForAllNamespaces')] : []),
      ...(verbs.includes('create') ? [this.#create(collection, this.#ownKind())] : []),
      ...(verbs.includes('deletecollection') ? [this.#deleteCollection(collection)] : []),
      ...(verbs.includes('get') ? [this.#read(item, this.#ownKind())] : []),
      ...(verbs.includes('update') ? [this.#replace(item, this.#ownKind())] : []),
      ...(verbs.includes('delete') ? [this.#delete(item)] : []),
      ...(verbs.includes('patch') ? [this.#patch(item, this.#ownKind())] : []),
      ...subresources.flatMap((part) => this.#subresource(item, part)),
    ]
  }

  #subresource(item: Place, part: SubresourceInfo): Operation[] {
    const { subresource, verbs } = part
    const place = { ...item, path: `${item.path}/${subresource}` }
    const kind = {
      group: part.group ?? this.#group,
      version: part.version ?? this.#version,
      kind: part.kind,
    }
    const options = OPTIONS_OF_KIND.get(part.kind)
    if (options) return this.#connect(place, part, kind, options)
    if (subresource === 'log') return [this.#log(place, kind)]
    return [
      ...(verbs.includes('create') ? [this.#create(place, kind, subresource)] : []),
      ...(verbs.includes('get') ? [this.#read(place, kind, subresource)] : []),
      ...(verbs.includes('update') ? [this.#replace(place, kind, subresource)] : []),
      ...(verbs.includes('patch') ? [this.#patch(place, kind, subresource)] : []),
    ]
  }

  #list(place: Place, suffix: string): Operation {
    const { kind, verbs } = this.#info
    const list = { ...this.#ownKind(), kind: `${kind}List` }
    return this.#operation(place, 'get', 'list', this.#ownKind(), {
      name: `list${place.scope}${kind}${suffix}`,
      description: `list ${verbs.includes('watch') ? 'or watch ' : ''}objects of kind ${kind}`,
      parameters: PARAMETERS_OF.list,
      produces: [...OBJECT_TYPES, ...STREAM_TYPES],
      responses: [ok(contentOf(list))],
    })
  }

  #create(place: Place, kind: GroupVersionKind, subresource = ''): Operation {
    const content = contentOf(kind)
    return this.#operation(place, 'post', 'post', kind, {
      name: this.#name('create', place, subresource),
      description: `create ${ofSubresource(subresource)}${withArticle(this.#info.kind)}`,
      parameters: PARAMETERS_OF.create,
      body: { content, required: true },
      responses: [ok(content), created(content), accepted(content)],
    })
  }

  #deleteCollection(place: Place): Operation {
    return this.#operation(place, 'delete', 'deletecollection', this.#ownKind(), {
      name: this.#name('deletecollection', place),
      description: `delete collection of ${this.#info.kind}`,
      parameters: [...PARAMETERS_OF.selection, ...PARAMETERS_OF.delete],
      body: DELETE_BODY,
      responses: [ok(STATUS)],
    })
  }

  #read(place: Place, kind: GroupVersionKind, subresource = ''): Operation {
    return this.#operation(place, 'get', 'get', kind, {
      name: this.#name('read', place, subresource),
      description: `read ${ofSubresource(subresource)}the specified ${this.#info.kind}`,
      responses: [ok(contentOf(kind))],
    })
  }

  #replace(place: Place, kind: GroupVersionKind, subresource = ''): Operation {
    const content = contentOf(kind)
    return this.#operation(place, 'put', 'put', kind, {
      name: this.#name('replace', place, subresource),
      description: `replace ${ofSubresource(subresource)}the specified ${this.#info.kind}`,
      parameters: PARAMETERS_OF.update,
      body: { content, required: true },
      responses: [ok(content), created(content)],
    })
  }

  #patch(place: Place, kind: GroupVersionKind, subresource = ''): Operation {
    const content = contentOf(kind)
    return this.#operation(place, 'patch', 'patch', kind, {
      name: this.#name('patch', place, subresource),
      description: `partially update ${ofSubresource(subresource)}the specified ${this.#info.kind}`,
      parameters: PARAMETERS_OF.patch,
      consumes: PATCH_TYPES,
      body: PATCH_BODY,
      responses: [ok(content), created(content)],
    })
  }

  #delete(place: Place): Operation {
    return this.#operation(place, 'delete', 'delete', this.#ownKind(), {
      name: this.#name('delete', place),
      description: `delete ${withArticle(this.#info.kind)}`,
      parameters: PARAMETERS_OF.delete,
      body: DELETE_BODY,
      responses: [ok(STATUS), accepted(STATUS)],
    })
  }

  #log(place: Place, kind: GroupVersionKind): Operation {
    return this.#operation(place, 'get', 'get', kind, {
      name: this.#name('read', place, 'log'),
      description: `read log of the specified ${this.#info.kind}`,
      parameters: LOG_PARAMETERS,
      produces: ['text/plain', ...OBJECT_TYPES],
      responses: [ok('text')],
    })
  }

  /** A proxy has whatever paths are behind it. */
  #connect(
    place: Place,
    { subresource, verbs }: SubresourceInfo,
    kind: GroupVersionKind,
    options: readonly Parameter[],
  ): Operation[] {
    const isProxy = subresource === 'proxy'
    const methods = [
      ...verbs.flatMap((verb) => CONNECT_METHODS[verb] ?? []),
      ...(isProxy ? PROXY_ONLY_METHODS : []),
    ]
    const behind = { ...place, path: `${place.path}/{path}`, parameters: [...place.parameters, PROXIED_PATH] }
    const connect = (at: Place, method: Method, suffix: string) =>
      this.#operation(at, method, 'connect', kind, {
        name: `connect${capitalized(method)}${at.scope}${this.#info.kind}${capitalized(subresource)}${suffix}`,
        description: `connect ${method.toUpperCase()} requests to ${subresource} of ${this.#info.kind}`,
        parameters: options,
        isPretty: false,
        produces: ANY_TYPE,
        responses: [ok('text')],
      })
    return methods.flatMap((method) => [
      connect(place, method, ''),
      ...(isProxy ? [connect(behind, method, 'WithPath')] : []),
    ])
  }

  #operation(
    place: Place,
    method: Method,
    action: string,
    kind: GroupVersionKind,
    what: Pick<Operation, 'description' | 'responses' | 'body'> &
      Partial<Pick<Operation, 'parameters' | 'consumes' | 'produces'>> & {
        readonly name: string
        readonly isPretty?: boolean
      },
  ): Operation {
    const { name, description, parameters = [], isPretty = true, body, responses } = what
    return {
      path: place.path,
      method,
      ...operationIdAndTag(name, place.path),
      description,
      parameters: [...place.parameters, ...(isPretty ? [PRETTY] : []), ...parameters],
      ...(body ? { body } : {}),
      consumes: what.consumes ?? ANY_TYPE,
      produces: what.produces ?? OBJECT_TYPES,
      responses: [...responses, UNAUTHORIZED],
      action,
      kind,
    }
  }

  #name(verb: string, { scope }: Place, subresource = ''): string {
    return `${verb}${scope}${this.#info.kind}${capitalized(subresource)}`
  }

  #collection(): Place {
    const { namespaced, resource } = this.#info
    if (!namespaced) return { path: `${this.#root}/${resource}`, parameters: [], scope: '' }
    return {
      path: `${this.#root}/namespaces/{namespace}/${resource}`,
      parameters: [NAMESPACE],
      scope: 'Namespaced',
    }
  }

  #item(collection: Place): Place {
    const parameters = [...collection.parameters, nameOf(this.#info.kind)]
    return { ...collection, path: `${collection.path}/{name}`, parameters }
  }

  #ownKind(): GroupVersionKind {
    return { group: this.#group, version: this.#version, kind: this.#info.kind }
  }
}

function contentOf({ group, version, kind }: GroupVersionKind): Content {
  const apiVersion = group === '' ? version : `${group}/${version}`
  const typeId = typeOfKind(apiVersion, kind)
  if (typeId === undefined) throw new Error(`${apiVersion} has no kind ${JSON.stringify(kind)}`)
  return { definition: definitionName(typeId) }
}

function ofSubresource(subresource: string): string {
  return subresource === '' ? '' : `${subresource} of `
}

export function ok(content: Content): OperationResponse {
  return { status: 200, description: 'OK', content }
}

export function created(content: Content): OperationResponse {
  return { status: 201, description: 'Created', content }
}

export function accepted(content: Content): OperationResponse {
  return { status: 202, description: 'Accepted', content }
}
