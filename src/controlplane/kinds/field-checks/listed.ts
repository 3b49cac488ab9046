import { type FieldError, notSupported, required } from '../../api/field-error.ts'

/** A field that has to have one of a few values. */
export function listedErrors(
  value: string | undefined,
  supported: readonly string[],
  path: string,
): FieldError[] {
  if (value === undefined || value === '') return [required(path)]
  return supported.includes(value) ? [] : [notSupported(path, value, supported)]
}
