import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'

/** What documents need of a CustomResourceDefinition object. */
export interface CustomDefinition {
  /** Changes with the object's spec. */
  readonly revision: string
  readonly group: string
  readonly plural: string
  readonly kind: string
  readonly listKind: string
  readonly namespaced: boolean
  /** Nothing is known of the fields, as definitions of old could say. */
  readonly preservesUnknownFields: boolean
  /** Those that are served. */
  readonly versions: readonly CustomVersion[]
}

export interface CustomVersion {
  readonly name: string
  /** The structural schema, as the definition has it. */
  readonly schema: JsonObject | undefined
  readonly hasStatus: boolean
  readonly hasScale: boolean
  /** Without the dot in front. */
  readonly selectableFields: readonly string[]
}

/** Undefined for a definition that is not established: its resource is not served. */
export function readDefinition(object: JsonObject): CustomDefinition | undefined {
  const metadata = objectAt(object, 'metadata')
  const spec = objectAt(object, 'spec')
  const names = objectAt(spec, 'names')
  const [group, plural, kind] = [textAt(spec, 'group'), textAt(names, 'plural'), textAt(names, 'kind')]
  if (!isEstablished(object) || group === '' || plural === '' || kind === '') return undefined
  return {
    revision: `${textAt(metadata, 'name')},${textAt(metadata, 'uid')},${String(memberOf(metadata, 'generation'))}`,
    group,
    plural,
    kind,
    listKind: textAt(names, 'listKind') || `${kind}List`,
    namespaced: textAt(spec, 'scope') === 'Namespaced',
    preservesUnknownFields: memberOf(spec, 'preserveUnknownFields') === true,
    versions: objectsAt(spec, 'versions')
      .filter((version) => memberOf(version, 'served') === true)
      .map(readVersion),
  }
}

function readVersion(version: JsonObject): CustomVersion {
  const schema = memberOf(objectAt(version, 'schema'), 'openAPIV3Schema')
  const subresources = objectAt(version, 'subresources')
  return {
    name: textAt(version, 'name'),
    schema: isJsonObject(schema) ? schema : undefined,
    hasStatus: isJsonObject(memberOf(subresources, 'status')),
    hasScale: isJsonObject(memberOf(subresources, 'scale')),
    selectableFields: objectsAt(version, 'selectableFields').map((field) =>
      textAt(field, 'jsonPath').replace(/^\./, ''),
    ),
  }
}

function isEstablished(object: JsonObject): boolean {
  return objectsAt(objectAt(object, 'status'), 'conditions').some(
    (condition) => memberOf(condition, 'type') === 'Established' && memberOf(condition, 'status') === 'True',
  )
}

export function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

export function objectsAt(object: JsonObject, name: string): readonly JsonObject[] {
  const value = memberOf(object, name)
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function objectAt(object: JsonObject, name: string): JsonObject {
  const value = memberOf(object, name)
  return isJsonObject(value) ? value : {}
}

function textAt(object: JsonObject, name: string): string {
  const value = memberOf(object, name)
  return typeof value === 'string' ? value : ''
}
