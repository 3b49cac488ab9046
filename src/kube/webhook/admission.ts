import type { KubeObject, StatusDetails } from '../../apis/meta/v1.ts'
import { type AdmissionRequest, answeringReview, parseAdmissionReview } from './admission-request.ts'
import type { ReviewHandler } from './webhook-server.ts'

/** An operation of a JSON Patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/** What a webhook says to a request. */
export type AdmissionDecision = { readonly warnings?: readonly string[] } & (
  | { readonly allowed: true; readonly operations: readonly PatchOperation[] }
  | { readonly allowed: false; readonly status: DenialStatus }
)

/** The part of a Status that clients see of a denial. */
export interface DenialStatus {
  /** An HTTP status. */
  readonly code: number
  /** Such as `Forbidden`; empty where the original gives none. */
  readonly reason: string
  readonly message: string
  readonly details?: StatusDetails
}

/** Rejecting means that no decision was found: the API server then does what the webhook's failurePolicy says. */
export type AdmissionHandler<T extends KubeObject = KubeObject> = (
  request: AdmissionRequest<T>,
  signal: AbortSignal,
) => Promise<AdmissionDecision>

export function allow(warnings?: readonly string[]): AdmissionDecision {
  return { allowed: true, operations: [], ...(warnings && { warnings }) }
}

/** Allows the request with changes to its object. None are as good as `allow()`. */
export function patch(operations: readonly PatchOperation[]): AdmissionDecision {
  return { allowed: true, operations }
}

export function deny(
  code: number,
  reason: string,
  message: string,
  details?: StatusDetails,
): AdmissionDecision {
  return { allowed: false, status: { code, reason, message, ...(details && { details }) } }
}

/** As apimachinery's NewBadRequest. */
export function denyBadRequest(message: string): AdmissionDecision {
  return deny(400, 'BadRequest', message)
}

/** As apimachinery's NewForbidden. `resource` may name a subresource: `managedclusters/accept`. */
export function denyForbidden(
  { group, resource }: { readonly group: string; readonly resource: string },
  name: string,
  why: string,
): AdmissionDecision {
  const qualified = group === '' ? resource : `${resource}.${group}`
  const message = `${qualified} ${JSON.stringify(name)} is forbidden: ${why}`
  return deny(403, 'Forbidden', message, { group, kind: resource, name })
}

/** A segment of a JSON Pointer (RFC 6901). */
export function pointerSegment(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** What a WebhookServer calls for an admission webhook. T is what the webhook's configuration registers it for. */
export function admissionReviews<T extends KubeObject>(handler: AdmissionHandler<T>): ReviewHandler {
  return async (body, signal) => {
    const review = parseAdmissionReview(body)
    return answeringReview(review, responseOf(await handler(review.request as AdmissionRequest<T>, signal)))
  }
}

function responseOf(decision: AdmissionDecision): object {
  const warnings = decision.warnings?.length ? { warnings: decision.warnings } : {}
  if (!decision.allowed) {
    const status = { metadata: {}, status: 'Failure', ...decision.status }
    return { allowed: false, status, ...warnings }
  }
  const { operations } = decision
  if (operations.length === 0) return { allowed: true, ...warnings }
  const text = Buffer.from(JSON.stringify(operations)).toString('base64')
  return { allowed: true, patchType: 'JSONPatch', patch: text, ...warnings }
}
