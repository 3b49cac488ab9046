import { invalid } from '../api/field-error.ts'
import { badRequest } from '../api/status.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

const FIELD = 'includeObject'

/**
 * The query parameter of that name; without one it is the metadata.
 *
 * @throws StatusError BadRequest
 */
export function parseIncludeObject(value: string | null | undefined): IncludeObject {
  switch (value) {
    case undefined:
    case null:
    case '':
      return 'Metadata'
    case 'None':
    case 'Metadata':
    case 'Object':
      return value
    default: {
      const { message } = invalid(FIELD, value, "must be 'Metadata', 'Object', 'None', or empty")
      throw badRequest(`Unable to convert to Table as requested: ${FIELD}: ${message}`)
    }
  }
}
