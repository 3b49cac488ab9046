import { isList, memberOf } from '../../../common/json-tools.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'

const GROUP = 'apiextensions.k8s.io'
const KIND = 'ConversionReview'
const VERSIONS = ['v1', 'v1beta1'] as const

export type ReviewVersion = (typeof VERSIONS)[number]

/** What is asked of a conversion webhook. */
export interface ConversionRequest {
  readonly uid: string
  readonly desiredAPIVersion: string
  readonly objects: readonly JsonObject[]
}

/** A webhook's answer is none, or says that it cannot convert. */
export class ConversionProblem extends Error {}

/** The first of the versions that a webhook takes which is known here; undefined when none is. */
export function reviewVersionOf(accepted: readonly string[]): ReviewVersion | undefined {
  for (const each of accepted) {
    const known = VERSIONS.find((version) => version === each)
    if (known) return known
  }
  return undefined
}

export function conversionReview(version: ReviewVersion, request: ConversionRequest): JsonObject {
  const { uid, desiredAPIVersion, objects } = request
  return { kind: KIND, apiVersion: `${GROUP}/${version}`, request: { uid, desiredAPIVersion, objects } }
}

/**
 * The objects in a webhook's answer, as many as there are and whatever they are (apiextensions-apiserver,
 * getConvertedObjectsFromResponse). An answer in v1beta1 need not say what it is, nor what it answers.
 *
 * @throws ConversionProblem
 */
export function convertedObjects(
  answer: unknown,
  { version, uid }: { readonly version: ReviewVersion; readonly uid: string },
): readonly JsonValue[] {
  const review = answer as JsonValue
  const isStrict = version === 'v1'
  if (isStrict) requireReview(review, version)
  const response = memberOf(review, 'response')
  if (!isJsonObject(response)) throw new ConversionProblem('no response provided')
  if (isStrict && textOf(response, 'uid') !== uid) {
    const got = JSON.stringify(textOf(response, 'uid'))
    throw new ConversionProblem(`expected response.uid=${JSON.stringify(uid)}, got ${got}`)
  }
  const result = memberOf(response, 'result')
  const status = textOf(result, 'status')
  if (status !== 'Success') {
    const message = textOf(result, 'message')
    throw new ConversionProblem(message || `response.result.status was '${status}', not 'Success'`)
  }
  const objects = memberOf(response, 'convertedObjects')
  return isList(objects) ? objects : []
}

/** A group, version and kind as the original prints them. */
export function kindText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}

function requireReview(review: JsonValue, version: ReviewVersion): void {
  const wanted = kindText(`${GROUP}/${version}`, KIND)
  const got = kindText(textOf(review, 'apiVersion'), textOf(review, 'kind'))
  if (got !== wanted) throw new ConversionProblem(`expected webhook response of ${wanted}, got ${got}`)
}

function textOf(value: JsonValue | undefined, name: string): string {
  const text = memberOf(value, name)
  return typeof text === 'string' ? text : ''
}
