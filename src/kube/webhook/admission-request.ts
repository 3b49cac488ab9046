import { z } from 'zod'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { WebhookRequestError } from './webhook-error.ts'

/**
 * The versions of a review, which differ in nothing but their name. API servers send the first of a configuration's
 * `admissionReviewVersions` that they know, and the original's configurations begin with v1beta1.
 */
const VERSIONS = ['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'] as const
const KIND = 'AdmissionReview'

const texts = z.array(z.string()).nullish()
const object = z.looseObject({ metadata: z.looseObject({}) }).nullish()
const kind = z.object({ group: z.string().default(''), version: z.string(), kind: z.string() })
const resource = z.object({ group: z.string().default(''), version: z.string(), resource: z.string() })

const REVIEW = z.object({
  apiVersion: z.enum(VERSIONS),
  kind: z.literal(KIND),
  request: z.object({
    uid: z.string().min(1),
    kind,
    resource,
    subResource: z.string().nullish(),
    name: z.string().nullish(),
    namespace: z.string().nullish(),
    operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    userInfo: z.object({
      username: z.string().nullish(),
      uid: z.string().nullish(),
      groups: texts,
      extra: z.record(z.string(), z.array(z.string())).nullish(),
    }),
    object,
    oldObject: object,
    dryRun: z.boolean().nullish(),
  }),
})

/** Who has sent a request, as the API server has found out (`authentication.k8s.io/v1`). */
export interface UserInfo {
  readonly username: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** What an API server asks an admission webhook (`admission.k8s.io`, v1 or v1beta1). Objects are taken to be of the type that was asked about. */
export interface AdmissionRequest<T extends KubeObject = KubeObject> {
  readonly uid: string
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  /** Empty for the object itself. */
  readonly subResource: string
  /** Empty where the API server has yet to choose it. */
  readonly name: string
  /** Empty for objects of the cluster. */
  readonly namespace: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly userInfo: UserInfo
  /** Absent when it is deleted. */
  readonly object: T | undefined
  /** Absent when it is created. */
  readonly oldObject: T | undefined
  readonly dryRun: boolean
}

/** A review as it came: an answer has to be of the same version, and carry the same uid. */
export interface AdmissionReview {
  readonly apiVersion: (typeof VERSIONS)[number]
  readonly request: AdmissionRequest
}

/** Throws a WebhookRequestError that says what is wrong with a review. */
export function parseAdmissionReview(review: unknown): AdmissionReview {
  const parsed = REVIEW.safeParse(review)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''
    throw new WebhookRequestError(400, `the body is no ${KIND}: ${where}${issue?.message}`)
  }
  const { apiVersion, request } = parsed.data
  return { apiVersion, request: requestOf(request) }
}

function requestOf(request: z.infer<typeof REVIEW>['request']): AdmissionRequest {
  const { userInfo } = request
  return {
    uid: request.uid,
    kind: request.kind,
    resource: request.resource,
    subResource: request.subResource ?? '',
    name: request.name ?? '',
    namespace: request.namespace ?? '',
    operation: request.operation,
    userInfo: {
      username: userInfo.username ?? '',
      uid: userInfo.uid ?? '',
      groups: userInfo.groups ?? [],
      extra: userInfo.extra ?? {},
    },
    object: (request.object ?? undefined) as KubeObject | undefined,
    oldObject: (request.oldObject ?? undefined) as KubeObject | undefined,
    dryRun: request.dryRun ?? false,
  }
}

/** The review that answers another one. */
export function answeringReview({ apiVersion, request }: AdmissionReview, response: object): object {
  return { apiVersion, kind: KIND, response: { uid: request.uid, ...response } }
}
