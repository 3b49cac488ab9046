import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'

/** A message as protobufjs hands it out: what was not sent is not there. */
// biome-ignore lint/suspicious/noExplicitAny: any of some forty messages
type Wire = any

const PROTO = fileURLToPath(new URL('./openapi-v2.proto', import.meta.url))
const SCHEMA_MEMBERS: Readonly<Record<string, string>> = {
  _ref: '$ref',
  externalDocs: 'externalDocs',
}

/** Reads a document of OpenAPI v2 in protobuf, and says in JSON what it says. */
export function decodeV2(body: Buffer): JsonObject {
  const type = new protobuf.Root().loadSync(PROTO).lookupType('openapi.v2.Document')
  const wire: Wire = type.toObject(type.decode(body), { longs: Number })
  return {
    swagger: wire.swagger,
    info: wire.info,
    paths: entriesOf(wire.paths.path, pathItem),
    definitions: entriesOf(wire.definitions.additionalProperties, schema),
    parameters: entriesOf(wire.parameters.additionalProperties, parameter),
    securityDefinitions: entriesOf(
      wire.securityDefinitions.additionalProperties,
      (each) => each.apiKeySecurity,
    ),
    security: wire.security.map((each: Wire) =>
      entriesOf(each.additionalProperties, (names) => names.value ?? []),
    ),
  }
}

function pathItem({ parameters, ...methods }: Wire): JsonObject {
  return {
    ...mapped(methods, operation),
    ...(parameters ? { parameters: parameters.map(parametersItem) } : {}),
  }
}

function operation({ parameters, responses, vendorExtension, ...rest }: Wire): JsonObject {
  return {
    ...rest,
    ...(parameters ? { parameters: parameters.map(parametersItem) } : {}),
    responses: entriesOf(responses.responseCode, response),
    ...entriesOf(vendorExtension, any),
  }
}

function response({ response: { description, schema: item } }: Wire): JsonObject {
  return { description, ...(item ? { schema: schema(item.schema) } : {}) }
}

function parametersItem({ parameter: own, jsonReference }: Wire): JsonObject {
  return jsonReference ? { $ref: jsonReference._ref } : parameter(own)
}

function parameter({ bodyParameter, nonBodyParameter }: Wire): JsonObject {
  if (bodyParameter) return { ...bodyParameter, schema: schema(bodyParameter.schema) }
  return nonBodyParameter.queryParameterSubSchema ?? nonBodyParameter.pathParameterSubSchema
}

export function schema(wire: Wire): JsonObject {
  const { type, items, properties, additionalProperties, vendorExtension, ...rest } = wire
  const { enum: values, default: preset, example, ...plain } = rest
  return {
    ...renamed(plain),
    ...(type ? { type: type.value[0] } : {}),
    ...(items ? { items: schema(items.schema[0]) } : {}),
    ...(properties ? { properties: entriesOf(properties.additionalProperties, schema) } : {}),
    ...(additionalProperties
      ? { additionalProperties: additionalProperties.boolean ?? schema(additionalProperties.schema) }
      : {}),
    ...(values ? { enum: values.map(any) } : {}),
    ...(preset ? { default: any(preset) } : {}),
    ...(example ? { example: any(example) } : {}),
    ...entriesOf(vendorExtension, any),
  }
}

function any({ yaml }: Wire): JsonValue {
  return JSON.parse(yaml) as JsonValue
}

function entriesOf(named: Wire[] | undefined, read: (value: Wire) => JsonValue): JsonObject {
  return Object.fromEntries((named ?? []).map(({ name, value }) => [name, read(value ?? {})]))
}

function mapped(object: Wire, read: (value: Wire) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, read(value)]))
}

function renamed(object: Wire): JsonObject {
  const entries = Object.entries(object as Record<string, JsonValue>)
  return Object.fromEntries(entries.map(([name, value]) => [SCHEMA_MEMBERS[name] ?? name, value]))
}
