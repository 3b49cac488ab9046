import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { SchemaProps } from '../schema/schema-props.ts'

export interface DefinitionNames extends JsonObject {
  readonly plural?: string
  readonly singular?: string
  readonly shortNames?: readonly string[]
  readonly kind?: string
  readonly listKind?: string
  readonly categories?: readonly string[]
}

export interface PrinterColumn extends JsonObject {
  readonly name?: string
  readonly type?: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly jsonPath?: string
}

export interface ScaleSubresource {
  readonly specReplicasPath?: string
  readonly statusReplicasPath?: string
  readonly labelSelectorPath?: string
}

export interface Subresources {
  readonly status?: JsonObject
  readonly scale?: ScaleSubresource
}

export interface SelectableField {
  readonly jsonPath?: string
}

export interface DefinitionVersion {
  readonly name?: string
  readonly served?: boolean
  readonly storage?: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
  readonly schema?: { readonly openAPIV3Schema?: SchemaProps }
  readonly subresources?: Subresources
  readonly additionalPrinterColumns?: readonly PrinterColumn[]
  readonly selectableFields?: readonly SelectableField[]
}

export interface WebhookClientConfig {
  readonly url?: string
  readonly service?: {
    readonly namespace?: string
    readonly name?: string
    readonly path?: string
    readonly port?: number
  }
  readonly caBundle?: string
}

export interface Conversion {
  readonly strategy?: string
  readonly webhook?: {
    readonly clientConfig?: WebhookClientConfig
    readonly conversionReviewVersions?: readonly string[]
  }
}

export interface DefinitionSpec {
  readonly group?: string
  readonly names?: DefinitionNames
  readonly scope?: string
  readonly versions?: readonly DefinitionVersion[] | null
  readonly conversion?: Conversion
  readonly preserveUnknownFields?: boolean
}

export interface DefinitionCondition extends JsonObject {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface DefinitionStatus {
  readonly conditions?: readonly DefinitionCondition[] | null
  readonly acceptedNames?: DefinitionNames
  readonly storedVersions?: readonly string[]
}

/** A CustomResourceDefinition (apiextensions.k8s.io/v1) of which only the types of fields have been checked. */
export interface Definition {
  readonly metadata: KubeObject['metadata']
  readonly spec: DefinitionSpec
  readonly status: DefinitionStatus
}

export const DEFINITION_GROUP = 'apiextensions.k8s.io'

/** What is left out of the object counts as empty. */
export function definitionOf({ metadata, spec, status }: KubeObject): Definition {
  return { metadata, spec: (spec ?? {}) as DefinitionSpec, status: (status ?? {}) as DefinitionStatus }
}

export function findCondition(
  { conditions }: DefinitionStatus,
  type: string,
): DefinitionCondition | undefined {
  return conditions?.find((each) => each.type === type)
}

export function isEstablished({ status }: Definition): boolean {
  return findCondition(status, 'Established')?.status === 'True'
}
