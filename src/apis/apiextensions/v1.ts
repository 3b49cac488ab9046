import type { Condition, KubeObject } from '../meta/v1.ts'

/** A CEL rule that values must obey. */
export interface ValidationRule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate'
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

/** OpenAPI v3 as far as structural schemas go. */
export interface JSONSchemaProps {
  readonly description?: string
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly format?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly nullable?: boolean
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly properties?: Readonly<Record<string, JSONSchemaProps>>
  readonly required?: readonly string[]
  readonly items?: JSONSchemaProps
  readonly additionalProperties?: JSONSchemaProps | boolean
  readonly anyOf?: readonly JSONSchemaProps[]
  readonly allOf?: readonly JSONSchemaProps[]
  readonly oneOf?: readonly JSONSchemaProps[]
  readonly not?: JSONSchemaProps
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular'
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}

/** A column of `kubectl get`. */
export interface CustomResourceColumnDefinition {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly jsonPath: string
  readonly description?: string
  readonly format?: string
  /** Columns above 0 are those of `-o wide`. */
  readonly priority?: number
}

export interface CustomResourceDefinitionVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly deprecated?: boolean
  readonly schema?: { readonly openAPIV3Schema?: JSONSchemaProps }
  readonly subresources?: {
    readonly status?: object
    readonly scale?: {
      readonly specReplicasPath: string
      readonly statusReplicasPath: string
      readonly labelSelectorPath?: string
    }
  }
  readonly additionalPrinterColumns?: readonly CustomResourceColumnDefinition[]
}

export interface CustomResourceDefinitionNames {
  readonly plural: string
  readonly kind: string
  readonly singular?: string
  readonly listKind?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

/** How the API server turns objects of one version into those of another. */
export interface CustomResourceConversion {
  readonly strategy: 'None' | 'Webhook'
  readonly webhook?: {
    readonly clientConfig?: {
      readonly url?: string
      /** PEM, base64. */
      readonly caBundle?: string
      readonly service?: {
        readonly namespace: string
        readonly name: string
        readonly path?: string
        /** @default 443 */
        readonly port?: number
      }
    }
    /** Versions of ConversionReview, the best first. */
    readonly conversionReviewVersions: readonly string[]
  }
}

export interface CustomResourceDefinition extends KubeObject {
  readonly spec: {
    readonly group: string
    readonly scope: 'Namespaced' | 'Cluster'
    readonly names: CustomResourceDefinitionNames
    readonly versions: readonly CustomResourceDefinitionVersion[]
    readonly conversion?: CustomResourceConversion
    readonly preserveUnknownFields?: boolean
  }
  readonly status?: {
    /** `Established`, `NamesAccepted`, `NonStructuralSchema`, `Terminating`, … */
    readonly conditions?: readonly Condition[]
    readonly acceptedNames?: CustomResourceDefinitionNames
    /** Versions in which there may be objects in the storage. */
    readonly storedVersions?: readonly string[]
  }
}
