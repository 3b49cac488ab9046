import { isJsonObject, type JsonObject } from '../api/json.ts'
import { memberOf, objectAt, objectsAt, textAt } from './members.ts'

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

/** A custom resource in one of its versions. */
export interface CustomResource {
  readonly definition: CustomDefinition
  readonly version: CustomVersion
}

/** Changes with whatever documents say of the resource. */
export function keyOfResource({ definition, version }: CustomResource): string {
  return `${definition.revision},${version.name}`
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
