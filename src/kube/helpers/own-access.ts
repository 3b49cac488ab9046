import type { KubeObject } from '../../apis/meta/v1.ts'
import { SELF_SUBJECT_ACCESS_REVIEWS } from '../../apis/resources.ts'
import type { KubeClient } from '../client/kube-client.ts'

/** One thing that somebody may be allowed to do; absent fields mean all, or none where there is nothing to name. */
export interface ResourceAccess {
  readonly verb: string
  readonly group?: string
  readonly resource: string
  readonly subresource?: string
  readonly name?: string
  readonly namespace?: string
}

interface SelfSubjectAccessReview extends KubeObject {
  readonly spec: { readonly resourceAttributes: ResourceAccess }
  readonly status?: { readonly allowed?: boolean }
}

/** Asks the API whether the client itself may do something (SelfSubjectAccessReview). Rejects with what the API says instead of an answer. */
export async function isAllowed(
  client: KubeClient,
  access: ResourceAccess,
  signal?: AbortSignal,
): Promise<boolean> {
  const reviews = client.resource<SelfSubjectAccessReview>(SELF_SUBJECT_ACCESS_REVIEWS)
  const review = await reviews.create({ metadata: {}, spec: { resourceAttributes: access } }, { signal })
  return review.status?.allowed === true
}
