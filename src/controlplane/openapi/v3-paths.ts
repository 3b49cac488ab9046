import type { JsonObject } from '../api/json.ts'
import { OPENAPI_V3 } from './dialect.ts'
import type { Content, Operation, OperationResponse, Parameter, PathOperations } from './operation.ts'

/** A path and what can be done there, in OpenAPI v3. */
export function pathItemV3({ parameters, operations }: PathOperations): JsonObject {
  const byMethod = operations.map((each): [string, JsonObject] => [each.method, operationV3(each)])
  return {
    ...Object.fromEntries(byMethod),
    ...(parameters.length > 0 ? { parameters: parameters.map(parameterV3) } : {}),
  }
}

function operationV3(operation: Operation): JsonObject {
  const { id, tag, description, parameters, body, consumes, produces, responses, action, kind } = operation
  return {
    tags: [tag],
    description,
    operationId: id,
    ...(parameters.length > 0 ? { parameters: parameters.map(parameterV3) } : {}),
    ...(body
      ? {
          requestBody: {
            content: contentV3(body.content, consumes),
            ...(body.required ? { required: true } : {}),
          },
        }
      : {}),
    responses: Object.fromEntries(responses.map((each) => [String(each.status), responseV3(each, produces)])),
    ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
    ...(kind ? { 'x-kubernetes-group-version-kind': { ...kind } } : {}),
  }
}

function responseV3({ description, content }: OperationResponse, produces: readonly string[]): JsonObject {
  return { description, ...(content === undefined ? {} : { content: contentV3(content, produces) }) }
}

function contentV3(content: Content, mediaTypes: readonly string[]): JsonObject {
  const schema = content === 'text' ? { type: 'string' } : OPENAPI_V3.reference(content.definition)
  return Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema }]))
}

function parameterV3({ name, in: place, type, description }: Parameter): JsonObject {
  return {
    name,
    in: place,
    description,
    ...(place === 'path' ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  }
}
