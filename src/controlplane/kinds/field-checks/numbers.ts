import { type FieldError, invalid } from '../../api/field-error.ts'

export const MAX_INT32 = 2 ** 31 - 1

export function rangeProblem(least: number, most: number): string {
  return `must be between ${least} and ${most}, inclusive`
}

export function nonNegativeErrors(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : []
}
