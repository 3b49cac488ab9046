import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../apiextensions/v1.ts'
import type { ResourceDefinition } from '../meta/resource-definition.ts'
import type { KubeObject } from '../meta/v1.ts'
import type { Schema } from './schema.ts'

/** One version of a custom resource; all are served. */
export interface CustomResourceVersion {
  readonly name: string
  readonly schema: Schema<KubeObject>
  readonly columns?: readonly CustomResourceColumnDefinition[]
  /** Whether the status is a subresource. @default true */
  readonly hasStatus?: boolean
}

export interface CustomResource {
  /** The version of the definition is the one that is stored. */
  readonly resource: ResourceDefinition
  readonly kind: string
  readonly shortNames?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly versions: readonly CustomResourceVersion[]
}

/**
 * The CustomResourceDefinition of a custom resource (apiextensions.k8s.io/v1). Each call makes a tree of its own without
 * shared parts, so that YAML of it has no anchors.
 */
export function customResourceDefinition(
  { resource, kind, shortNames, annotations, versions }: CustomResource,
  conversion?: CustomResourceConversion,
): CustomResourceDefinition {
  const definition: CustomResourceDefinition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource.plural}.${resource.group}`, ...(annotations && { annotations }) },
    spec: {
      group: resource.group,
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural: resource.plural,
        singular: kind.toLowerCase(),
        ...(shortNames && { shortNames }),
      },
      preserveUnknownFields: false,
      ...(conversion && { conversion }),
      versions: versions.map((version) => definitionVersion(version, resource.version)),
    },
  }
  return JSON.parse(JSON.stringify(definition))
}

function definitionVersion(
  { name, schema, columns, hasStatus = true }: CustomResourceVersion,
  storageVersion: string,
): CustomResourceDefinitionVersion {
  return {
    name,
    served: true,
    storage: name === storageVersion,
    schema: { openAPIV3Schema: schema.json },
    ...(hasStatus && { subresources: { status: {} } }),
    ...(columns && { additionalPrinterColumns: columns }),
  }
}

export const AGE_COLUMN: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
}

/** A column that shows the status of a condition, or its reason. */
export function conditionColumn(
  name: string,
  conditionType: string,
  field: 'status' | 'reason' = 'status',
): CustomResourceColumnDefinition {
  return { name, type: 'string', jsonPath: `.status.conditions[?(@.type=="${conditionType}")].${field}` }
}
