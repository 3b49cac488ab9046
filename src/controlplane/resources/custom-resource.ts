import type { JsonObject } from '../api/json.ts'
import { qualified } from '../api/status.ts'
import { crdSchema, excluding, fieldPath, type ManagedType, type Schema } from '../apply/index.ts'
import { type DecodedBody, decodeBody, type FieldValidation } from '../codec/index.ts'
import {
  type CustomVersion,
  type DefinitionNames,
  type ScaleMapping,
  strictDecodingError,
  unknownFieldProblem,
  type WebhookConverter,
  withVersion,
} from '../custom/index.ts'
import type { ResourceInfo, SubresourceInfo } from '../discovery/index.ts'
import type { KubeObject, ResourceType } from '../registry/index.ts'
import { crdTableColumns } from '../tables/index.ts'
import type { Scaling, ServedResource } from './served-resource.ts'

export interface CustomResourceOptions {
  /** All versions of the definition. */
  readonly versions: ReadonlyMap<string, CustomVersion>
  /** The one that is served here. */
  readonly version: CustomVersion
  /** As they were accepted. */
  readonly names: DefinitionNames
  /** Undefined where another version is the same object with another apiVersion. */
  readonly converter: WebhookConverter | undefined
  /** What is kept is what this version's schema has made of it, and nothing else is. */
  readonly isKeptAsServed: boolean
  readonly isEnding: boolean
  /** Aborted when the definition is another, or gone. */
  readonly replaced: AbortSignal
}

const STATUS = 'status'
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const PART_VERBS = ['get', 'patch', 'update']

/** A version of a resource that somebody has defined. */
export function customResource(options: CustomResourceOptions): ServedResource {
  const { versions, version, names, isKeptAsServed, isEnding, replaced } = options
  const { type } = version
  const { group, kind, resource, namespaced } = type
  const apiVersion = `${group}/${type.version}`
  const stored = [...versions.values()].find(({ storage }) => storage) ?? version
  const types = new Map<string, ResourceType>([['', type]])
  if (version.statusStrategy) types.set(STATUS, { ...type, strategy: version.statusStrategy })

  return {
    info: resourceInfo(version, names),
    group,
    version: type.version,
    apiVersion,
    kind,
    listKind: names.listKind ?? `${kind}List`,
    resource,
    namespaced,
    storedResource: qualified(type),
    isCustom: true,
    formats: ['json', 'yaml'],
    selectableFields: version.selectableFields,
    tableColumns: crdTableColumns(version.printerColumns),
    mergeType: undefined,
    scaling: version.scale && scalingOf(version.scale),
    typeOf: (subresource) => types.get(subresource),
    managedType: managedTypes(versions, version),
    isStoredVersion: isKeptAsServed && stored === version,
    ...conversionOf(options, stored),
    deprecationWarning: version.deprecationWarning,
    isEnding,
    replaced,
    decode(body, contentType, fieldValidation) {
      const decoded = decodeCustom(version, body, contentType, fieldValidation)
      return { ...decoded, object: type.strategy.withDefaults(decoded.object as KubeObject) }
    },
  }
}

type Conversion = Pick<ServedResource, 'fromStored' | 'toStored' | 'isConvertedElsewhere'>

/**
 * A webhook is given what the schema of the version says in which an object is kept, with its defaults, and what it makes of it is
 * pruned, but gets no defaults (k8s.io/apiextensions-apiserver, crdConversionRESTOptionsGetter).
 */
function conversionOf(
  { versions, version, converter }: CustomResourceOptions,
  stored: CustomVersion,
): Conversion {
  const { group } = version.type
  const apiVersionOf = ({ type }: CustomVersion) => `${group}/${type.version}`
  const pruned = (objects: readonly KubeObject[], { prune }: CustomVersion) =>
    objects.map((object) => prune(object, 'drop').object as KubeObject)
  if (!converter) {
    return {
      isConvertedElsewhere: false,
      // What was written by an older schema is read as by this one.
      fromStored: (objects) =>
        objects.map((each) =>
          version.type.strategy.withDefaults(withVersion(each, group, version.type.version)),
        ),
      toStored: (objects) => objects.map((each) => withVersion(each, group, stored.type.version)),
    }
  }
  const asKept = (object: KubeObject): KubeObject => {
    const kept = versions.get(object.apiVersion.slice(group.length + 1))
    return kept ? kept.type.strategy.withDefaults(object) : object
  }
  return {
    isConvertedElsewhere: true,
    fromStored: async (objects) =>
      pruned(await converter.convert(objects.map(asKept), apiVersionOf(version)), version),
    toStored: async (objects) => pruned(await converter.convert(objects, apiVersionOf(stored)), stored),
  }
}

/** What is unknown is told together with what is there twice. */
function decodeCustom(
  { type, prune }: CustomVersion,
  body: Buffer,
  contentType: string | undefined,
  fieldValidation: FieldValidation,
): DecodedBody {
  const apiVersion = `${type.group}/${type.version}`
  const lenient = fieldValidation === 'Ignore' ? 'Ignore' : 'Warn'
  const { object, warnings } = decodeBody(body, contentType, { apiVersion, kind: type.kind }, lenient)
  const pruned = prune({ ...object, metadata: object.metadata ?? {} }, 'refuse')
  if (fieldValidation === 'Ignore') return { object: pruned.object, warnings: [] }
  const problems = [...warnings, ...pruned.unknownFields.map(unknownFieldProblem)]
  if (fieldValidation === 'Strict' && problems.length > 0) throw strictDecodingError(type, problems)
  return { object: pruned.object, warnings: problems }
}

function resourceInfo({ type, statusStrategy, scale }: CustomVersion, names: DefinitionNames): ResourceInfo {
  const { kind, resource, namespaced } = type
  const subresources: SubresourceInfo[] = [
    ...(statusStrategy ? [{ subresource: STATUS, kind, verbs: PART_VERBS }] : []),
    ...(scale
      ? [{ subresource: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: PART_VERBS }]
      : []),
  ]
  return {
    resource,
    singular: names.singular ?? '',
    kind,
    namespaced,
    verbs: VERBS,
    ...(names.shortNames?.length ? { shortNames: names.shortNames } : {}),
    ...(names.categories?.length ? { categories: names.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  }
}

/**
 * Managers may own fields in any version of the definition.
 *
 * Other than the original, no webhook is asked what an object is in the version of a manager: fields that have the same path in both
 * versions are compared as they should be, and to those that are called otherwise, or are elsewhere, a manager keeps its claim until
 * it writes again. So an apply in one version meets no conflict over a field that another manager owns by its name in another.
 */
function managedTypes(
  versions: ReadonlyMap<string, CustomVersion>,
  { type, statusStrategy }: CustomVersion,
): (subresource: string) => ManagedType {
  const { group, kind } = type
  const apiVersion = `${group}/${type.version}`
  const schemas = new Map<string, Schema>()
  const schemaAt = (wanted: string): Schema | undefined => {
    const known = schemas.get(wanted)
    if (known) return known
    const found = wanted.startsWith(`${group}/`) ? versions.get(wanted.slice(group.length + 1)) : undefined
    if (!found) return undefined
    const schema = crdSchema(found.schema as JsonObject | undefined)
    schemas.set(wanted, schema)
    return schema
  }
  const notStatus = excluding(fieldPath(STATUS))
  const onlyStatus = excluding(fieldPath('spec'), fieldPath('metadata'))
  const convert = (object: JsonObject, wanted: string): JsonObject => ({ ...object, apiVersion: wanted })
  return (subresource) => ({
    apiVersion,
    kind,
    subresource,
    empty: { apiVersion, kind },
    schemaAt,
    convert,
    resetFields: () => {
      if (!statusStrategy) return (set) => set
      return subresource === STATUS ? onlyStatus : notStatus
    },
  })
}

function scalingOf(scale: ScaleMapping): Scaling {
  const part = (object: KubeObject, name: 'spec' | 'status') =>
    scale.read(object)[name] as { readonly replicas?: number; readonly selector?: string }
  return {
    replicasPath: scale.replicasPath,
    replicas: (object) => part(object, 'spec').replicas ?? 0,
    currentReplicas: (object) => part(object, 'status').replicas ?? 0,
    selector: (object) => part(object, 'status').selector ?? '',
    withReplicas: (object, replicas) =>
      scale.write(object, { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: {}, spec: { replicas } }),
  }
}
