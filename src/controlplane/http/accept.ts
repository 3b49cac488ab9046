import { StatusError } from '../api/status.ts'
import { type BodyFormat, MEDIA_TYPE_BY_FORMAT } from '../codec/index.ts'

/** What an object can be shown as instead of itself. */
export type ShownKind =
  | 'Table'
  | 'PartialObjectMetadata'
  | 'PartialObjectMetadataList'
  | 'APIGroupDiscoveryList'

export interface ShownAs {
  readonly kind: ShownKind
  readonly group: string
  readonly version: string
}

/** How an answer is to be written. */
export interface Representation {
  readonly format: BodyFormat
  /** Undefined for the object itself. */
  readonly as: ShownAs | undefined
}

export interface Offer {
  /** The preferred one first. */
  readonly formats: readonly BodyFormat[]
  /** @default none */
  readonly shown?: readonly ShownAs[]
  /** Watches have frames, which YAML has not. */
  readonly isWatch?: boolean
}

interface Clause {
  readonly type: string
  readonly subtype: string
  readonly quality: number
  readonly parameters: ReadonlyMap<string, string>
}

const META_GROUP = 'meta.k8s.io'

/** Of one object, or of a frame of a watch. */
export const OBJECT_SHOWN: readonly ShownAs[] = ['v1', 'v1beta1'].flatMap((version) => [
  { kind: 'Table', group: META_GROUP, version },
  { kind: 'PartialObjectMetadata', group: META_GROUP, version },
])

export const LIST_SHOWN: readonly ShownAs[] = ['v1', 'v1beta1'].flatMap((version) => [
  { kind: 'Table', group: META_GROUP, version },
  { kind: 'PartialObjectMetadataList', group: META_GROUP, version },
])

/**
 * What the client likes best of what there is (k8s.io/apiserver, endpoints/handlers/negotiation).
 *
 * @throws StatusError NotAcceptable
 */
export function negotiate(accept: string | undefined, offer: Offer): Representation {
  const [preferred] = offer.formats
  if (accept === undefined || accept.trim() === '') return { format: preferred as BodyFormat, as: undefined }
  for (const clause of parseAccept(accept)) {
    const format = offer.formats.find((each) => matches(clause, MEDIA_TYPE_BY_FORMAT[each]))
    if (!format || !streams(clause, offer, format)) continue
    const name = clause.parameters.get('as')
    if (name === undefined) return { format, as: undefined }
    const as = offer.shown?.find(
      ({ kind, group, version }) =>
        kind === name && clause.parameters.get('g') === group && clause.parameters.get('v') === version,
    )
    if (as && format !== 'protobuf') return { format, as }
  }
  throw notAcceptable(offer.formats)
}

/** For errors, which have to be said in some way. */
export function negotiateAny(accept: string | undefined, formats: readonly BodyFormat[]): BodyFormat {
  for (const clause of parseAccept(accept ?? '')) {
    const format = formats.find((each) => matches(clause, MEDIA_TYPE_BY_FORMAT[each]))
    if (format) return format
  }
  return formats[0] as BodyFormat
}

function parseAccept(accept: string): Clause[] {
  return accept
    .split(',')
    .map(parseClause)
    .sort((one, other) => other.quality - one.quality)
}

function parseClause(text: string): Clause {
  const [mediaType = '', ...rest] = text.split(';').map((part) => part.trim())
  const [type = '', subtype = ''] = mediaType.toLowerCase().split('/')
  const parameters = new Map(
    rest.map((part): [string, string] => {
      const equals = part.indexOf('=')
      return equals < 0 ? [part, ''] : [part.slice(0, equals).trim(), part.slice(equals + 1).trim()]
    }),
  )
  const quality = Number(parameters.get('q') ?? 1)
  return { type, subtype, quality: Number.isNaN(quality) ? 0 : quality, parameters }
}

function matches({ type, subtype, quality }: Clause, mediaType: string): boolean {
  if (quality <= 0) return false
  const [ownType, ownSubtype] = mediaType.split('/')
  return (type === '*' || type === ownType) && (subtype === '*' || subtype === ownSubtype)
}

function streams({ parameters }: Clause, { isWatch = false }: Offer, format: BodyFormat): boolean {
  const stream = parameters.get('stream')
  return stream === undefined || (isWatch && stream === 'watch' && format !== 'yaml')
}

function notAcceptable(formats: readonly BodyFormat[]): StatusError {
  const plain = formats.map((format) => MEDIA_TYPE_BY_FORMAT[format])
  const framed = formats
    .filter((format) => format !== 'yaml')
    .map((format) => `${MEDIA_TYPE_BY_FORMAT[format]};stream=watch`)
  const list = [...plain, ...framed].join(', ')
  return new StatusError('NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${list}`, {})
}
