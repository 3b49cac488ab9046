import { StatusError } from '../api/status.ts'
import { typeOfKind } from '../schema/builtin-types.ts'

export const MEDIA_TYPE_BY_FORMAT = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
} as const

/** How a body is written. */
export type BodyFormat = keyof typeof MEDIA_TYPE_BY_FORMAT

/** A kind with its version, as objects say of themselves. */
export interface VersionedKind {
  readonly apiVersion: string
  readonly kind: string
}

/** Kubernetes has these in protobuf, too; here they are only ever answers in JSON. */
const JSON_ONLY_API_VERSION = 'meta.k8s.io/v1'

/** Built-in kinds have all formats; no one knows the fields of the others, so they have no protobuf form. */
export function formatsOf({ apiVersion, kind }: VersionedKind): readonly BodyFormat[] {
  const hasProtobuf = apiVersion !== JSON_ONLY_API_VERSION && typeOfKind(apiVersion, kind) !== undefined
  return hasProtobuf ? ['json', 'yaml', 'protobuf'] : ['json', 'yaml']
}

/**
 * The format that a Content-Type stands for, which is JSON when there is none.
 *
 * @throws StatusError UnsupportedMediaType
 */
export function bodyFormat(contentType: string | undefined, accepted: readonly BodyFormat[]): BodyFormat {
  const mediaType = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() || MEDIA_TYPE_BY_FORMAT.json
  const format = accepted.find((each) => MEDIA_TYPE_BY_FORMAT[each] === mediaType)
  if (format) return format
  const list = accepted.map((each) => MEDIA_TYPE_BY_FORMAT[each]).join(', ')
  throw new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  )
}
