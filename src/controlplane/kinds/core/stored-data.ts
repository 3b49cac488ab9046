import { isDeepStrictEqual } from 'node:util'
import { type FieldError, forbidden, invalid, tooLong } from '../../api/field-error.ts'
import type { JsonValue } from '../../api/json.ts'
import { configKeyProblems } from '../field-checks/index.ts'

/** What ConfigMaps and Secrets have in common: they are sets of files, and not large. */

export type FileMap = Readonly<Record<string, string>>

const MOST_BYTES = 1024 * 1024
const FIXED = 'field is immutable when `immutable` is set'

interface MaybeImmutable {
  readonly immutable?: boolean
}

export function keyErrors(files: FileMap, path: string): FieldError[] {
  return Object.keys(files).flatMap((key) =>
    configKeyProblems(key).map((problem) => invalid(`${path}[${key}]`, key, problem)),
  )
}

export function sizeErrors(bytes: number, path: string): FieldError[] {
  return bytes > MOST_BYTES ? [tooLong(path, `may not be more than ${MOST_BYTES} bytes`)] : []
}

export function textBytes(files: FileMap): number {
  return Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

/** Of files in base64. */
export function binaryBytes(files: FileMap): number {
  return Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0)
}

/** Who has been promised that something does not change need not look again. */
export function immutableErrors<Object extends MaybeImmutable>(
  object: Object,
  old: Object,
  fields: readonly (keyof Object & string)[],
): FieldError[] {
  if (!old.immutable) return []
  const filesOf = (holder: Object, field: keyof Object) => (holder[field] as JsonValue | undefined) ?? {}
  return [
    ...(object.immutable ? [] : [forbidden('immutable', FIXED)]),
    ...fields
      .filter((field) => !isDeepStrictEqual(filesOf(object, field), filesOf(old, field)))
      .map((field) => forbidden(field, FIXED)),
  ]
}
