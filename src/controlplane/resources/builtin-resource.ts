import { qualified } from '../api/status.ts'
import {
  builtinSchema,
  emptyObject,
  excluding,
  fieldPath,
  type ManagedType,
  type Schema,
  singleVersion,
} from '../apply/index.ts'
import { decodeBody, formatsOf } from '../codec/index.ts'
import type { ResourceInfo } from '../discovery/index.ts'
import type { BuiltinKind, VersionConversion } from '../kinds/index.ts'
import { builtinMergeType } from '../patch/index.ts'
import type { KubeObject, ResourceType } from '../registry/index.ts'
import { typeOfKind } from '../schema/builtin-types.ts'
import { METADATA_FIELDS } from '../selectors/index.ts'
import { tableColumnsOf } from '../tables/index.ts'
import type { ServedResource } from './served-resource.ts'
import { SPEC_REPLICAS } from './spec-replicas.ts'

export interface BuiltinResourceOptions {
  readonly group: string
  readonly version: string
  readonly info: ResourceInfo
  readonly builtin: BuiltinKind
  /** Undefined for what is kept in this very version. */
  readonly conversion: VersionConversion | undefined
}

const STATUS = 'status'

/** A resource of Kubernetes itself, all that is known of which is in tables. */
export function builtinResource({
  group,
  version,
  info,
  builtin,
  conversion,
}: BuiltinResourceOptions): ServedResource {
  const { kind, resource, namespaced } = info
  const apiVersion = group === '' ? version : `${group}/${version}`
  const typeId = typeOfKind(apiVersion, kind) as string
  const types = new Map<string, ResourceType>([['', builtin.type]])
  for (const [name, strategy] of Object.entries(builtin.subresources ?? {}))
    types.set(name, { ...builtin.type, strategy })
  const managedTypes = new Map<string, ManagedType>()
  const hasStatus = types.has(STATUS)
  let schema: Schema | undefined

  const managedType = (subresource: string): ManagedType => {
    const known = managedTypes.get(subresource)
    if (known) return known
    schema ??= builtinSchema(typeId)
    const type = singleVersion({
      apiVersion,
      kind,
      subresource,
      schema,
      empty: emptyObject(typeId, apiVersion, kind),
      ...(hasStatus ? { resetFields: resetBy(kind, subresource) } : {}),
    })
    managedTypes.set(subresource, type)
    return type
  }

  return {
    info,
    group,
    version,
    apiVersion,
    kind,
    listKind: `${kind}List`,
    resource,
    namespaced,
    storedResource: qualified(builtin.type),
    isCustom: false,
    formats: formatsOf({ apiVersion, kind }),
    selectableFields: conversion?.selectableFields ?? builtin.selectableFields ?? METADATA_FIELDS,
    tableColumns: tableColumnsOf(group, resource),
    mergeType: builtinMergeType(typeId),
    scaling: info.subresources?.some(({ subresource }) => subresource === 'scale')
      ? SPEC_REPLICAS
      : undefined,
    typeOf: (subresource) => types.get(subresource),
    managedType,
    isStoredVersion: conversion === undefined,
    fromStored: (objects) => (conversion ? objects.map((each) => conversion.fromStored(each)) : objects),
    toStored: (objects) => (conversion ? objects.map((each) => conversion.toStored(each)) : objects),
    isConvertedElsewhere: false,
    deprecationWarning: undefined,
    isEnding: false,
    replaced: undefined,
    decode(body, contentType, fieldValidation) {
      const decoded = decodeBody(body, contentType, { apiVersion, kind }, fieldValidation)
      const withMetadata = { ...decoded.object, metadata: decoded.object.metadata ?? {} } as KubeObject
      return { ...decoded, object: withDefaults(withMetadata) }
    },
  }

  /** Defaults are those of the version that is kept. */
  function withDefaults(object: KubeObject): KubeObject {
    const { strategy } = builtin.type
    if (!conversion) return strategy.withDefaults(object)
    return conversion.fromStored(strategy.withDefaults(conversion.toStored(object)))
  }
}

/** Kinds of which clients do not own what they write first: the server says the rest of it, and nothing of it can be changed. */
const IMMUTABLE_SPECS = ['CertificateSigningRequest']

/** What requests for the object, and for its status, do not write. */
function resetBy(kind: string, subresource: string) {
  if (subresource === STATUS) return excluding(fieldPath('spec'), fieldPath('metadata'))
  return IMMUTABLE_SPECS.includes(kind)
    ? excluding(fieldPath('spec'), fieldPath(STATUS))
    : excluding(fieldPath(STATUS))
}
