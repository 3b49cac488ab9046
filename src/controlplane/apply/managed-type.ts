import type { JsonObject } from '../api/json.ts'
import { FieldSet } from './field-set.ts'
import type { Path } from './path-element.ts'
import type { Schema } from './schema.ts'

/** Takes fields out of a set. */
export type FieldFilter = (set: FieldSet) => FieldSet

/** What the keeping of field managers has to know of the objects that one request is about. */
export interface ManagedType {
  /** The version that the request is made in: `apps/v1`. */
  readonly apiVersion: string
  readonly kind: string
  /** Empty for the object itself. */
  readonly subresource: string
  /**
   * An object of this type of which nothing was said: what a new one is compared with. Whatever Go always writes, such as
   * empty structs, is there already and so is nobody's.
   */
  readonly empty: JsonObject
  /** In any version that a manager's fields are in; undefined for one that is no more, whose managers are forgotten. */
  schemaAt(apiVersion: string): Schema | undefined
  /** Called with versions that have a schema only; the result's apiVersion says that it is in that one. */
  convert(object: JsonObject, apiVersion: string): JsonObject
  /** Takes out the fields that are not written by requests for this resource or subresource, such as the status. */
  readonly resetFields: (apiVersion: string) => FieldFilter
}

export interface SingleVersionOptions {
  readonly apiVersion: string
  readonly kind: string
  readonly schema: Schema
  /** @default the object itself */
  readonly subresource?: string
  /** @default only apiVersion and kind */
  readonly empty?: JsonObject
  /** @default none */
  readonly resetFields?: FieldFilter
}

/** A type that there is in one version only. */
export function singleVersion(options: SingleVersionOptions): ManagedType {
  const { apiVersion, kind, schema, subresource = '', resetFields = keepAll } = options
  return {
    apiVersion,
    kind,
    subresource,
    empty: options.empty ?? { apiVersion, kind },
    schemaAt: (version) => (version === apiVersion ? schema : undefined),
    convert: (object) => object,
    resetFields: () => resetFields,
  }
}

/** Takes out these paths and all that is below them. */
export function excluding(...paths: readonly Path[]): FieldFilter {
  const excluded = FieldSet.of(...paths)
  return (set) => set.recursiveDifference(excluded)
}

export const keepAll: FieldFilter = (set) => set
