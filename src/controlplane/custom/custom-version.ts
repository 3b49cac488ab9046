import { memberAt } from '../../common/json-tools.ts'
import type { JsonObject, JsonValue } from '../api/json.ts'
import { StatusError } from '../api/status.ts'
import { MalformedBody } from '../codec/index.ts'
import type { KubeObject, ResourceType, Strategy } from '../registry/index.ts'
import { type SelectableFields, selectableFields } from '../selectors/index.ts'
import { type CustomRules, customStatusStrategy, customStrategy } from './custom-strategy.ts'
import {
  type Definition,
  type DefinitionVersion,
  definitionOf,
  type PrinterColumn,
} from './definition/definition.ts'
import { ScaleMapping } from './scale.ts'
import { type Pruned, pruneResource } from './schema/prune.ts'
import type { SchemaProps } from './schema/schema-props.ts'
import { type Structural, structuralOf } from './schema/structural.ts'

/** One version of a custom resource, ready to be served. */
export interface CustomVersion {
  readonly type: ResourceType
  readonly served: boolean
  readonly storage: boolean
  /** What clients are told who use a version that is deprecated. */
  readonly deprecationWarning: string | undefined
  /** Of the subresource, where it is enabled. */
  readonly statusStrategy: Strategy | undefined
  readonly scale: ScaleMapping | undefined
  readonly selectableFields: SelectableFields
  /** What a field of an object is when objects are selected; what is not there is empty. */
  readonly fieldValue: (object: KubeObject, field: string) => string
  readonly printerColumns: readonly PrinterColumn[]
  readonly schema: SchemaProps | undefined
  /**
   * Without fields that the schema does not know. What objects within it say of themselves in wrong types is refused, or dropped.
   *
   * @throws StatusError BadRequest
   */
  readonly prune: (object: JsonObject, malformed: 'refuse' | 'drop') => Pruned
}

const AGE: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  jsonPath: '.metadata.creationTimestamp',
}

/** The versions of a valid definition, by name: those that are not served as well, since objects may be stored in them. */
export function compileDefinition(object: KubeObject): Map<string, CustomVersion> {
  const definition = definitionOf(object)
  return new Map(
    (definition.spec.versions ?? []).map((version) => [
      version.name ?? '',
      compileVersion(definition, version),
    ]),
  )
}

/** The same object in another version of a definition whose conversion strategy is None. */
export function withVersion(object: KubeObject, group: string, version: string): KubeObject {
  return { ...object, apiVersion: `${group}/${version}` }
}

/** What a strict client is told of fields that are not known, or are there twice. */
export function strictDecodingError(
  { kind, version }: ResourceType,
  problems: readonly string[],
): StatusError {
  return undecodable(kind, version, new MalformedBody(`strict decoding error: ${problems.join(', ')}`))
}

/** As strict errors and warnings have it. */
export function unknownFieldProblem(path: string): string {
  return `unknown field ${JSON.stringify(path)}`
}

function compileVersion({ spec }: Definition, version: DefinitionVersion): CustomVersion {
  const { names = {}, group = '' } = spec
  const { name = '', subresources, additionalPrinterColumns } = version
  const namespaced = spec.scope === 'Namespaced'
  const props = version.schema?.openAPIV3Schema ?? undefined
  const schema = props && structuralOf(props)
  const rules: CustomRules = {
    schema,
    hasStatus: Boolean(subresources?.status),
    scale: subresources?.scale ? new ScaleMapping(subresources.scale) : undefined,
  }
  const columns = additionalPrinterColumns ?? []
  const paths = (version.selectableFields ?? []).map(({ jsonPath = '' }) => jsonPath.replace(/^\./, ''))
  const metaFields = namespaced ? ['metadata.name', 'metadata.namespace'] : ['metadata.name']
  return {
    type: {
      group,
      version: name,
      resource: names.plural ?? '',
      kind: names.kind ?? '',
      namespaced,
      strategy: customStrategy(rules),
    },
    served: version.served ?? false,
    storage: version.storage ?? false,
    deprecationWarning: version.deprecated
      ? (version.deprecationWarning ?? `${group}/${name} ${names.kind} is deprecated`)
      : undefined,
    statusStrategy: rules.hasStatus ? customStatusStrategy(rules) : undefined,
    scale: rules.scale,
    selectableFields: selectableFields([...metaFields, ...paths]),
    fieldValue: (object, field) => printedField(memberAt(object, field.split('.'))),
    printerColumns: columns.length > 0 ? columns : [AGE],
    schema: props,
    prune: (object, malformed) =>
      schema
        ? pruned(object, schema, malformed, { kind: names.kind ?? '', version: name })
        : { object, unknownFields: [] },
  }
}

function pruned(
  object: JsonObject,
  schema: Structural,
  malformed: 'refuse' | 'drop',
  { kind, version }: Pick<ResourceType, 'kind' | 'version'>,
): Pruned {
  try {
    return pruneResource(object, schema, malformed)
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error
    throw undecodable(kind, version, error)
  }
}

function undecodable(kind: string, version: string, cause: MalformedBody): StatusError {
  const message = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${cause.message}`
  return new StatusError('BadRequest', message, undefined, { cause })
}

function printedField(value: JsonValue | undefined): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value)
}
