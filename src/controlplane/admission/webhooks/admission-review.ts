import { isJsonObject, type JsonObject } from '../../api/json.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { AdmissionRequest } from '../admission.ts'
import { requestFields } from '../cel/request-value.ts'
import type { VersionedObjects } from '../match/index.ts'
import type { ReviewVersion } from './webhook.ts'
import { WebhookCallError } from './webhook-errors.ts'

const GROUP = 'admission.k8s.io'
const KIND = 'AdmissionReview'

export interface ReviewOptions {
  readonly uid: string
  readonly reviewVersion: ReviewVersion
  /** The version of the resource that the webhook has asked for, and the objects in it. */
  readonly matched: ServedResource
  readonly objects: VersionedObjects
}

/** What a webhook is asked (k8s.io/apiserver, webhook/request). */
export function admissionReview(
  request: AdmissionRequest,
  { uid, reviewVersion, matched, objects }: ReviewOptions,
): JsonObject {
  const { options, dryRun, ...fields } = requestFields(request, matched)
  return {
    kind: KIND,
    apiVersion: `${GROUP}/${reviewVersion}`,
    request: {
      uid,
      ...fields,
      object: objects.object ?? null,
      oldObject: objects.oldObject ?? null,
      dryRun,
      options,
    },
  }
}

/** What a webhook has said. */
export interface ReviewResponse {
  readonly isAllowed: boolean
  /** A Status that says why not. */
  readonly status: JsonObject
  readonly warnings: readonly string[]
  /** The text of a JSON patch; empty where nothing is to be changed. */
  readonly patch: string
}

/** @throws WebhookCallError for what is no answer to the question */
export function reviewResponse(
  review: unknown,
  { uid, reviewVersion, isMutating }: Pick<ReviewOptions, 'uid' | 'reviewVersion'> & { isMutating: boolean },
): ReviewResponse {
  const response = isJsonObject(review) ? own(review, 'response') : undefined
  if (!isJsonObject(review) || !isJsonObject(response)) throw wrong('webhook response was absent')
  const answer = decodeResponse(response)
  if (reviewVersion === 'v1') {
    if (answer.uid !== uid)
      throw wrong(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answer.uid)}`)
    requireKind(review)
    requirePatchType(answer, isMutating)
  }
  const { allowed: isAllowed, patch, warnings, status } = answer
  if (isMutating && patch !== '' && reviewVersion === 'v1' && answer.patchType !== 'JSONPatch')
    throw new WebhookCallError(`unsupported patch type ${JSON.stringify(answer.patchType)}`)
  return { isAllowed, warnings, status, patch: isMutating ? Buffer.from(patch, 'base64').toString() : '' }
}

interface Answer {
  readonly uid: string
  readonly allowed: boolean
  readonly status: JsonObject
  readonly warnings: readonly string[]
  /** In base64. */
  readonly patch: string
  readonly patchType: string | undefined
}

function decodeResponse(response: JsonObject): Answer {
  const warnings = own(response, 'warnings') ?? []
  const status = own(response, 'status') ?? {}
  if (!Array.isArray(warnings) || !warnings.every((each) => typeof each === 'string'))
    throw undecodable('warnings', '[]string')
  if (!isJsonObject(status)) throw undecodable('status', 'v1.Status')
  const allowed = own(response, 'allowed') ?? false
  if (typeof allowed !== 'boolean') throw undecodable('allowed', 'bool')
  return {
    uid: text(response, 'uid') ?? '',
    allowed,
    status,
    warnings: warnings as string[],
    patch: text(response, 'patch') ?? '',
    patchType: text(response, 'patchType'),
  }
}

function requireKind(review: JsonObject): void {
  const [apiVersion = '', kind = ''] = [text(review, 'apiVersion'), text(review, 'kind')]
  if (apiVersion === `${GROUP}/v1` && kind === KIND) return
  const slash = apiVersion.indexOf('/')
  const got = slash < 0 ? `/${apiVersion}` : apiVersion
  throw wrong(`expected webhook response of ${GROUP}/v1, Kind=${KIND}, got ${got}, Kind=${kind}`)
}

function requirePatchType({ patch, patchType }: Answer, isMutating: boolean): void {
  if (!isMutating) {
    if (patch !== '') throw wrong('validating webhook may not return response.patch')
    if (patchType !== undefined) throw wrong('validating webhook may not return response.patchType')
    return
  }
  if (patch !== '' && patchType === undefined)
    throw wrong('webhook returned response.patch but not response.patchType')
  if (patch === '' && patchType !== undefined)
    throw wrong('webhook returned response.patchType but not response.patch')
  if (patchType === '') throw wrong('webhook returned invalid response.patchType of ""')
}

function wrong(detail: string): WebhookCallError {
  return new WebhookCallError(`received invalid webhook response: ${detail}`)
}

function undecodable(field: string, type: string): WebhookCallError {
  const target = `Go struct field AdmissionResponse.response.${field} of type ${type}`
  return new WebhookCallError(`failed to call webhook: json: cannot unmarshal value into ${target}`)
}

function text(object: JsonObject, name: string): string | undefined {
  const value = own(object, name) ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw undecodable(name, 'string')
}

function own(object: JsonObject, name: string): JsonObject[string] {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
