import type { JsonObject } from '../api/json.ts'
import { badRequest, invalidObject, StatusError } from '../api/status.ts'
import { typeOfKind } from '../schema/builtin-types.ts'
import { normalizeCustom } from './custom-object.ts'
import { pathText } from './decode-trail.ts'
import { goKindOf, isRawObject, type RawJson, type RawJsonObject } from './json-number.ts'
import { isKnownPath } from './known-path.ts'
import { MalformedBody } from './malformed-body.ts'
import { type BodyFormat, bodyFormat, formatsOf, type VersionedKind } from './media-type.ts'
import { normalize } from './normalize.ts'
import { parseJson } from './parse-json.ts'
import { unwrapProtobuf } from './protobuf-body.ts'
import { decodeMessage } from './protobuf-decode.ts'
import { type JsonPath, MAX_STRICT_ERRORS } from './strict-json.ts'
import { readYaml } from './yaml.ts'

/** What becomes of fields that are unknown or stand twice: an error, warnings, or nothing. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export interface DecodedBody {
  /** Of the expected kind, with its kind and apiVersion, normalised. */
  readonly object: JsonObject
  /** For `Warning` headers. */
  readonly warnings: readonly string[]
}

/** A body whose kind is known, but not yet whether it is that. */
interface Source extends VersionedKind {
  readonly content: { readonly json: RawJson } | { readonly protobuf: Buffer }
  readonly duplicates: readonly (JsonPath | string)[]
}

/** Messages quote no more of a body than this. */
const MAX_QUOTED_BYTES = 30

const SCHEME = 'pkg/api/legacyscheme/scheme.go:30'

/**
 * Reads an object out of the body of a request. What it does not say of its kind is taken to be what is expected.
 *
 * @throws StatusError BadRequest, caused by a MalformedBody, or UnsupportedMediaType, in the words of Kubernetes
 */
export function decodeBody(
  body: Uint8Array,
  contentType: string | undefined,
  expected: VersionedKind,
  fieldValidation: FieldValidation = 'Warn',
): DecodedBody {
  const format = bodyFormat(contentType, formatsOf(expected))
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const source = asStatus(
    () => read(bytes, format, fieldValidation !== 'Ignore'),
    (what) =>
      `the object provided is unrecognized (must be of type ${expected.kind}): ${what} (${excerpt(bytes)})`,
  )
  const typeId = typeOfKind(expected.apiVersion, expected.kind)
  if (typeId === undefined) return decodeCustom(source, bytes, expected, fieldValidation)

  const actual = {
    kind: source.kind || expected.kind,
    apiVersion: source.apiVersion || expected.apiVersion,
  }
  requireType(actual, expected, typeId)
  return asStatus(
    () => {
      const { object, strictErrors } = decodeContent(source, typeId)
      return { object: { ...actual, ...object }, warnings: validated(strictErrors, fieldValidation) }
    },
    (what) => cannotBeHandled(actual, expected, what),
  )
}

function decodeContent(
  { content, duplicates }: Source,
  typeId: string,
): { object: JsonObject; strictErrors: readonly string[] } {
  if ('protobuf' in content) return { object: decodeMessage(typeId, content.protobuf), strictErrors: [] }
  const { object, unknownFields } = normalize(typeId, content.json)
  const known = duplicates.filter((each) => typeof each === 'string' || isKnownPath(typeId, each))
  return { object, strictErrors: [...known.map(duplicateError), ...unknownFields.map(unknownError)] }
}

function decodeCustom(
  source: Source,
  bytes: Buffer,
  expected: VersionedKind,
  fieldValidation: FieldValidation,
): DecodedBody {
  const { apiVersion, kind } = source
  if (kind === '') {
    const quoted = excerpt(bytes)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): Object 'Kind' is missing in '${bytes}' (${quoted})`,
    )
  }
  return asStatus(
    () => {
      if (apiVersion === '') throw new MalformedBody(`Object 'apiVersion' is missing in '${bytes}'`)
      requireCustomKind(source, expected)
      const json = 'json' in source.content ? source.content.json : null
      const { object, unknownFields } = normalizeCustom(json as RawJsonObject)
      const strictErrors = [...source.duplicates.map(duplicateError), ...unknownFields.map(unknownError)]
      return { object, warnings: validated(strictErrors, fieldValidation) }
    },
    (what) => cannotBeHandled(source, expected, what),
  )
}

function requireCustomKind(actual: Source, expected: VersionedKind): void {
  requireApiVersion(actual, expected)
  if (actual.kind === expected.kind) return
  const field = { reason: 'FieldValueInvalid', field: 'kind' } as const
  const message = `Invalid value: ${JSON.stringify(actual.kind)}: must be ${expected.kind}`
  throw invalidObject({ group: groupVersion(expected).group, kind: expected.kind }, '', [
    { ...field, message },
  ])
}

function requireApiVersion(actual: VersionedKind, expected: VersionedKind): void {
  if (actual.apiVersion === expected.apiVersion) return
  throw badRequest(
    `the API version in the data (${actual.apiVersion}) does not match the expected API version (${expected.apiVersion})`,
  )
}

/** Kubernetes tells a kind that there is not from one that cannot be converted, and from one of another version. */
function requireType(actual: VersionedKind, expected: VersionedKind, typeId: string): void {
  const actualId = typeOfKind(actual.apiVersion, actual.kind)
  if (actualId === typeId) return
  if (actualId === undefined) {
    const what = `no kind "${actual.kind}" is registered for version "${actual.apiVersion}" in scheme "${SCHEME}"`
    throw malformed(cannotBeHandled(actual, expected, what), new MalformedBody(what))
  }
  const goPackage = internalPackage(typeId)
  if (actual.kind === expected.kind && internalPackage(actualId) === goPackage)
    requireApiVersion(actual, expected)
  const from = actualId.slice(actualId.indexOf('/') + 1)
  const what = `converting (${from}) to (${goPackage}.${expected.kind}): unknown conversion`
  throw malformed(cannotBeHandled(actual, expected, what), new MalformedBody(what))
}

/** Of the Go types that all versions of a group are converted to; events of both groups are the same. */
function internalPackage(typeId: string): string {
  const group = typeId.slice(0, typeId.indexOf('/'))
  return group === 'events' ? 'core' : group
}

function read(bytes: Buffer, format: BodyFormat, findDuplicates: boolean): Source {
  if (format === 'protobuf') {
    const { apiVersion, kind, raw } = unwrapProtobuf(bytes)
    return { apiVersion, kind, content: { protobuf: raw }, duplicates: [] }
  }
  const { value, duplicates } =
    format === 'yaml' ? readYaml(bytes) : readJson(bytes.toString(), findDuplicates)
  const { apiVersion, kind } = interpret(value)
  return { apiVersion, kind, content: { json: value }, duplicates: findDuplicates ? duplicates : [] }
}

function readJson(text: string, duplicates: boolean) {
  try {
    return parseJson(text, { duplicates })
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error
    throw new MalformedBody(`couldn't get version/kind; json parse error: ${error.message}`, { cause: error })
  }
}

/** Kubernetes looks for these before anything else, so it has words of its own for what is wrong with them. */
function interpret(value: RawJson): VersionedKind {
  if (value === null) return { apiVersion: '', kind: '' }
  if (!isRawObject(value)) {
    const goType =
      'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
    throw new MalformedBody(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goKindOf(value)} into Go value of type ${goType}`,
    )
  }
  const apiVersion = textMember(value, 'apiVersion')
  if (apiVersion.split('/').length > 2) {
    throw new MalformedBody(`unexpected GroupVersion string: ${apiVersion}`)
  }
  return { apiVersion, kind: textMember(value, 'kind') }
}

function textMember(object: RawJsonObject, name: string): string {
  const value = Object.hasOwn(object, name) ? (object[name] ?? '') : ''
  if (typeof value === 'string') return value
  throw new MalformedBody(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${goKindOf(value)} into Go struct field .${name} of type string`,
  )
}

/** The warnings, or for `Strict` what is thrown. */
function validated(strictErrors: readonly string[], fieldValidation: FieldValidation): readonly string[] {
  if (fieldValidation === 'Ignore') return []
  const errors = [...new Set(strictErrors)].slice(0, MAX_STRICT_ERRORS)
  if (fieldValidation === 'Strict' && errors.length > 0) {
    throw new MalformedBody(`strict decoding error: ${errors.join(', ')}`)
  }
  return errors
}

function duplicateError(duplicate: JsonPath | string): string {
  return typeof duplicate === 'string' ? duplicate : `duplicate field ${JSON.stringify(pathText(duplicate))}`
}

function unknownError(path: string): string {
  return `unknown field ${JSON.stringify(path)}`
}

function cannotBeHandled(actual: VersionedKind, expected: VersionedKind, what: string): string {
  const { version } = groupVersion(actual)
  return `${actual.kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${what}`
}

function groupVersion({ apiVersion }: VersionedKind): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1) }
}

/** The beginning of a body, as Kubernetes shows it. */
function excerpt(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>'
  const encoding = bytes[0] === '{'.charCodeAt(0) ? 'utf8' : 'hex'
  const text = bytes.subarray(0, MAX_QUOTED_BYTES).toString(encoding)
  return bytes.length > MAX_QUOTED_BYTES ? `${text} ...` : text
}

function asStatus<T>(decode: () => T, describe: (what: string) => string): T {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error
    throw malformed(describe(error.message), error)
  }
}

function malformed(message: string, cause: MalformedBody): StatusError {
  return new StatusError('BadRequest', message, undefined, { cause })
}
