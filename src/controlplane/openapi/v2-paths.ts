import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../api/json.ts'
import { META_DEFINITIONS } from './definition-names.ts'
import { OPENAPI_V2 } from './dialect.ts'
import type { Content, Operation, OperationResponse, Parameter, PathOperations } from './operation.ts'

const REFERENCE_PREFIX = '#/parameters/'
const HASH_BYTES = 6

/** kubectl before 1.28 looks for these in the operations themselves; a name is described by its kind. */
const NEVER_SHARED = ['dryRun', 'fieldValidation', 'name']
const SHARED_BODIES: readonly string[] = Object.values(META_DEFINITIONS)

/** Parameters that stand in one place of the document, by the names that they are referred to by. */
export type SharedParameters = Map<string, JsonObject>

/** A path and what can be done there, in OpenAPI v2. Adds to the shared parameters what it refers to. */
export function pathItemV2({ parameters, operations }: PathOperations, shared: SharedParameters): JsonObject {
  const byMethod = operations.map((each): [string, JsonObject] => [each.method, operationV2(each, shared)])
  return {
    ...Object.fromEntries(byMethod),
    ...(parameters.length > 0 ? { parameters: parameters.map((each) => parameterV2(each, shared)) } : {}),
  }
}

function operationV2(operation: Operation, shared: SharedParameters): JsonObject {
  const { id, tag, description, body, consumes, produces, responses, action, kind } = operation
  const parameters = [
    ...(body ? [bodyV2(body.content, body.required, shared)] : []),
    ...operation.parameters.map((each) => parameterV2(each, shared)),
  ]
  return {
    description,
    ...(consumes.length > 0 ? { consumes } : {}),
    produces,
    schemes: ['https'],
    tags: [tag],
    operationId: id,
    ...(parameters.length > 0 ? { parameters } : {}),
    responses: Object.fromEntries(responses.map((each) => [String(each.status), responseV2(each)])),
    ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
    ...(kind ? { 'x-kubernetes-group-version-kind': { ...kind } } : {}),
  }
}

function responseV2({ description, content }: OperationResponse): JsonObject {
  return { description, ...(content === undefined ? {} : { schema: contentV2(content) }) }
}

function contentV2(content: Content): JsonObject {
  return content === 'text' ? { type: 'string' } : OPENAPI_V2.reference(content.definition)
}

function bodyV2(content: Content, required: boolean, shared: SharedParameters): JsonObject {
  const body = { name: 'body', in: 'body', ...(required ? { required } : {}), schema: contentV2(content) }
  const isShared = content !== 'text' && SHARED_BODIES.includes(content.definition)
  return isShared ? share('body', body, shared) : body
}

function parameterV2(
  { name, in: place, type, description }: Parameter,
  shared: SharedParameters,
): JsonObject {
  const required = place === 'path' ? { required: true } : {}
  const parameter = { uniqueItems: true, type, description, name, in: place, ...required }
  return NEVER_SHARED.includes(name) ? parameter : share(name, parameter, shared)
}

function share(name: string, parameter: JsonObject, shared: SharedParameters): JsonObject {
  const hash = createHash('sha256').update(JSON.stringify(parameter)).digest().subarray(0, HASH_BYTES)
  const key = `${name}-${hash.toString('base64url')}`
  shared.set(key, parameter)
  return { $ref: REFERENCE_PREFIX + key }
}

/** The parameter that a reference stands for, where it is one. */
export function referencedParameter(parameter: JsonObject): string | undefined {
  const reference = isJsonObject(parameter) ? parameter.$ref : undefined
  return typeof reference === 'string' ? reference.slice(REFERENCE_PREFIX.length) : undefined
}
