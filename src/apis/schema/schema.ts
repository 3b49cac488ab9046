import type { JSONSchemaProps } from '../apiextensions/v1.ts'

/** Under this key a schema has its type. It exists for the compiler only. */
declare const TYPE: unique symbol

/**
 * A structural schema (OpenAPI v3 as CustomResourceDefinitions take it) together with the TypeScript type of what it
 * admits. One source of both: a field cannot be in the types and missing in the schema, nor differ between them.
 */
export interface Schema<out T> {
  readonly json: JSONSchemaProps
  readonly [TYPE]?: T
}

/** A field that must be there. */
export interface RequiredField<out T> {
  readonly schema: Schema<T>
  readonly isRequired: true
}

export type Fields = Readonly<Record<string, Schema<unknown> | RequiredField<unknown>>>

/** The type of what a schema admits. */
export type Infer<S> = S extends Schema<infer T> ? T : never

/** The object type of fields; those that are not required may be absent. */
export type ObjectOf<F extends Fields> = Flat<
  { readonly [K in RequiredKey<F>]: F[K] extends RequiredField<infer T> ? T : never } & {
    readonly [K in Exclude<keyof F, RequiredKey<F>>]?: F[K] extends Schema<infer T> ? T : never
  }
>

type RequiredKey<F extends Fields> = {
  [K in keyof F]: F[K] extends RequiredField<unknown> ? K : never
}[keyof F]

/** One object instead of an intersection, for errors and hovers. */
type Flat<T> = { [K in keyof T]: T[K] } & {}
