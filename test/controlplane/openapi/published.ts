import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/controlplane/api/json.ts'
import { builtinCatalog } from '../../../src/controlplane/discovery/index.ts'
import { type OpenApiAnswer, OpenApiDocuments } from '../../../src/controlplane/openapi/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'

export const PROTOBUF_V2 = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

export function documentsOf(...definitions: readonly JsonObject[]): OpenApiDocuments {
  const documents = new OpenApiDocuments({ catalog: builtinCatalog() })
  documents.setDefinitions(definitions)
  return documents
}

/** The definition of Widgets as it was when the documents were recorded. */
export function widgets(changes: { established?: boolean; generation?: number } = {}): JsonObject {
  const { established = true, generation = 1 } = changes
  const object = recordedExchange('crd established').response.body as JsonObject
  return {
    ...object,
    metadata: { ...(object.metadata as JsonObject), generation },
    status: { conditions: [{ type: 'Established', status: established ? 'True' : 'False' }] },
  }
}

/** A definition with this schema, whose group is `things.io`. */
export function thingsWith(openAPIV3Schema: JsonObject, spec: JsonObject = {}): JsonObject {
  return {
    metadata: { name: 'things.things.io', uid: 'u', generation: 1 },
    spec: {
      group: 'things.io',
      scope: 'Cluster',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
      ...spec,
    },
    status: { conditions: [{ type: 'Established', status: 'True' }] },
  }
}

export async function ask(
  documents: OpenApiDocuments,
  path: string,
  headers: { accept?: string; ifNoneMatch?: string } = {},
): Promise<OpenApiAnswer> {
  const answer = await documents.answer({ url: new URL(path, 'https://127.0.0.1'), ...headers })
  if (!answer) throw new Error(`there is no document at ${path}`)
  return answer
}

export async function document(documents: OpenApiDocuments, path: string): Promise<JsonObject> {
  return JSON.parse((await ask(documents, path)).body.toString()) as JsonObject
}

/** The names of all documents of OpenAPI v3, from their index. */
export async function documentNames(documents: OpenApiDocuments): Promise<string[]> {
  return Object.keys((await document(documents, '/openapi/v3')).paths as JsonObject)
}

/** A member of a member, and so on. */
export function at(value: JsonValue | undefined, ...names: readonly string[]): JsonValue | undefined {
  return names.reduce<JsonValue | undefined>(
    (inner, name) => (isJsonObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
    value,
  )
}

/** All objects within a value, itself included. */
export function objectsIn(value: JsonValue | undefined): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  if (!isJsonObject(value)) return []
  return [value, ...Object.values(value).flatMap(objectsIn)]
}

/** All schemas within a schema, itself included; unlike objects, which may be maps of properties. */
export function schemasIn(schema: JsonValue | undefined): JsonObject[] {
  if (!isJsonObject(schema)) return []
  const { items, additionalProperties, allOf } = schema
  const properties = isJsonObject(schema.properties) ? Object.values(schema.properties) : []
  const inner = [items, additionalProperties, ...(Array.isArray(allOf) ? allOf : []), ...properties]
  return [schema, ...inner.flatMap(schemasIn)]
}
