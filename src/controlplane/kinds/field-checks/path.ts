import { type FieldError, invalid } from '../../api/field-error.ts'

/** A path below some folder, which must not lead out of it. */
export function descendingPathErrors(value: string, path: string): FieldError[] {
  return [
    ...(value.startsWith('/') ? [invalid(path, value, 'must be a relative path')] : []),
    ...backstepErrors(value, path),
  ]
}

/** As `descendingPathErrors`, of a file whose name is kept free for what the kubelet puts beside it. */
export function descendingFileErrors(value: string, path: string): FieldError[] {
  return [
    ...descendingPathErrors(value, path),
    ...(value.startsWith('..') && !value.startsWith('../')
      ? [invalid(path, value, "must not start with '..'")]
      : []),
  ]
}

export function backstepErrors(value: string, path: string): FieldError[] {
  return value.split('/').includes('..') ? [invalid(path, value, "must not contain '..'")] : []
}
