import type { CustomDefinition, CustomVersion } from './custom-definition.ts'
import { customDefinitionName, META_DEFINITIONS, SCALE_DEFINITION } from './definition-names.ts'
import type { Content, Method, Operation, Parameter } from './operation.ts'
import { capitalized, operationIdAndTag, withArticle } from './operation-id.ts'
import { NAMESPACE, nameOf, PARAMETERS_OF, PRETTY } from './parameters.ts'
import { accepted, created, ok, UNAUTHORIZED } from './resource-operations.ts'

const OBJECT_TYPES = ['application/json', 'application/yaml']
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
]
const STATUS: Content = { definition: META_DEFINITIONS.status }

/** What can be done with a custom resource (k8s.io/apiextensions-apiserver, openapi/builder). */
export function customOperations(definition: CustomDefinition, version: CustomVersion): Operation[] {
  const { group, plural, kind, listKind, namespaced } = definition
  const root = `/apis/${group}/${version.name}`
  const scope = namespaced ? 'Namespaced' : ''
  const inNamespace = namespaced ? [NAMESPACE] : []
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`
  const item = `${collection}/{name}`
  const content = { definition: customDefinitionName(group, version.name, kind) }
  const list = ok({ definition: customDefinitionName(group, version.name, listKind) })

  const operation = (
    method: Method,
    path: string,
    what: Pick<Operation, 'description' | 'responses' | 'body'> & {
      readonly name: string
      readonly action: string
      readonly parameters: readonly Parameter[]
      readonly consumes?: readonly string[]
    },
  ): Operation => ({
    path,
    method,
    ...operationIdAndTag(what.name, path),
    description: what.description,
    parameters: [
      ...(path.includes('{namespace}') ? inNamespace : []),
      ...(path.includes('{name}') ? [nameOf(kind)] : []),
      PRETTY,
      ...what.parameters,
    ],
    ...(what.body ? { body: what.body } : {}),
    consumes: what.consumes ?? OBJECT_TYPES,
    produces: OBJECT_TYPES,
    responses: [...what.responses, UNAUTHORIZED],
    action: what.action,
    kind: { group, version: version.name, kind },
  })

  const listed = (path: string, name: string) =>
    operation('get', path, {
      name,
      action: 'list',
      description: `list objects of kind ${kind}`,
      parameters: PARAMETERS_OF.list,
      responses: [list],
    })

  /** Reading and changing one object, or a subresource of it. */
  const changes = (path: string, subresource: string, shown: Content): Operation[] => {
    const suffix = `${scope}${kind}${capitalized(subresource)}`
    const of = subresource === '' ? '' : `${subresource} of `
    return [
      operation('get', path, {
        name: `read${suffix}`,
        action: 'get',
        description: `read ${of}the specified ${kind}`,
        parameters: PARAMETERS_OF.get,
        responses: [ok(shown)],
      }),
      operation('put', path, {
        name: `replace${suffix}`,
        action: 'put',
        description: `replace ${of}the specified ${kind}`,
        parameters: PARAMETERS_OF.update,
        body: { content: shown, required: true },
        responses: [ok(shown), created(shown)],
      }),
      operation('patch', path, {
        name: `patch${suffix}`,
        action: 'patch',
        description: `partially update ${of}the specified ${kind}`,
        parameters: PARAMETERS_OF.patch,
        consumes: PATCH_TYPES,
        body: { content: { definition: META_DEFINITIONS.patch }, required: true },
        responses: [ok(shown)],
      }),
    ]
  }

  return [
    ...(namespaced ? [listed(`${root}/${plural}`, `list${kind}ForAllNamespaces`)] : []),
    listed(collection, `list${scope}${kind}`),
    operation('post', collection, {
      name: `create${scope}${kind}`,
      action: 'post',
      description: `create ${withArticle(kind)}`,
      parameters: PARAMETERS_OF.create,
      body: { content, required: true },
      responses: [ok(content), created(content), accepted(content)],
    }),
    operation('delete', collection, {
      name: `deletecollection${scope}${kind}`,
      action: 'deletecollection',
      description: `delete collection of ${kind}`,
      parameters: PARAMETERS_OF.list,
      responses: [ok(STATUS)],
    }),
    ...changes(item, '', content),
    operation('delete', item, {
      name: `delete${scope}${kind}`,
      action: 'delete',
      description: `delete ${withArticle(kind)}`,
      parameters: PARAMETERS_OF.delete,
      body: { content: { definition: META_DEFINITIONS.deleteOptions }, required: false },
      responses: [ok(STATUS), accepted(STATUS)],
    }),
    ...(version.hasStatus ? changes(`${item}/status`, 'status', content) : []),
    ...(version.hasScale ? changes(`${item}/scale`, 'scale', { definition: SCALE_DEFINITION }) : []),
  ]
}
