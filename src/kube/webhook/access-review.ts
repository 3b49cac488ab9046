import type { KubeClient } from '../client/kube-client.ts'
import type { UserInfo } from './admission-request.ts'

const SUBJECT_ACCESS_REVIEWS = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  namespaced: false,
} as const

/** What somebody wants to do. */
export interface ResourceAttributes {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly verb: string
  readonly namespace?: string
  readonly name?: string
}

interface SubjectAccessReview {
  readonly metadata: object
  readonly spec?: object
  readonly status?: { readonly allowed?: boolean; readonly reason?: string }
}

/** Asks the API whether a user may do something. Rejects with what the API says instead of an answer. */
export async function mayAccess(
  client: KubeClient,
  user: UserInfo,
  resourceAttributes: ResourceAttributes,
  signal?: AbortSignal,
): Promise<boolean> {
  const { username, uid, groups, extra } = user
  const review = await client.resource<SubjectAccessReview>(SUBJECT_ACCESS_REVIEWS).create(
    {
      metadata: {},
      spec: { user: username, uid, groups, extra, resourceAttributes },
    },
    { signal },
  )
  return review.status?.allowed === true
}
