import type { KubeObject } from '../../apis/meta/v1.ts'
import { AppError } from '../../common/errors.ts'
import { type ReviewHandler, WebhookRequestError } from '../../kube/webhook/index.ts'

/** Turns an object into one of another version, or throws an AppError with what the API server is to be told. */
export type ConvertObject = (object: KubeObject, desiredApiVersion: string) => KubeObject

interface ConversionRequest {
  readonly uid: string
  readonly desiredAPIVersion: string
  readonly objects: readonly KubeObject[]
}

/**
 * Answers ConversionReviews of apiextensions.k8s.io, v1 and v1beta1, in the version that they come in. All objects are
 * converted or none: the API server takes no other answer.
 */
export function conversionReviews(convert: ConvertObject): ReviewHandler {
  return async (review) => {
    const { uid, desiredAPIVersion, objects } = readRequest(review.request)
    return {
      apiVersion: review.apiVersion,
      kind: review.kind,
      response: { uid, ...outcome(() => objects.map((object) => convert(object, desiredAPIVersion))) },
    }
  }
}

function outcome(convertAll: () => readonly KubeObject[]) {
  try {
    return { convertedObjects: convertAll(), result: { status: 'Success' } }
  } catch (err) {
    if (!(err instanceof AppError)) throw err
    return { convertedObjects: [], result: { status: 'Failure', message: err.message } }
  }
}

function readRequest(request: unknown): ConversionRequest {
  if (!isObject(request)) throw new WebhookRequestError(400, 'the review has no request')
  const { uid, desiredAPIVersion, objects } = request
  if (typeof uid !== 'string' || typeof desiredAPIVersion !== 'string')
    throw new WebhookRequestError(400, 'the request of the review does not say what is wanted')
  if (!isAbsent(objects) && !Array.isArray(objects))
    throw new WebhookRequestError(400, 'the objects of the review are no list')
  const all: readonly unknown[] = objects ?? []
  if (!all.every(isKubeObject)) throw new WebhookRequestError(400, 'an object of the review is none')
  return { uid, desiredAPIVersion, objects: all }
}

function isKubeObject(value: unknown): value is KubeObject {
  return isObject(value) && isObject(value.metadata)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Go writes a list that is not there as null. */
function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}
