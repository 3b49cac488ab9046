import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import { reviewToken, selfSubjectReview, type TokenAuthenticator } from '../authentication/index.ts'
import {
  type Attributes,
  type Authorizer,
  accessReviewStatus,
  type RuleResolver,
  rulesReviewStatus,
  type User,
} from '../rbac/index.ts'
import { type KubeObject, timestamp } from '../registry/index.ts'
import { type CreateReviewComponents, createReview, type Review } from './create-review.ts'
import type { SpecialEndpoints } from './resource-router.ts'

export interface ReviewComponents extends CreateReviewComponents {
  readonly tokens: TokenAuthenticator
  readonly authorizer: Authorizer
  readonly rules: RuleResolver
}

const AUTHENTICATION = 'authentication.k8s.io'
const AUTHORIZATION = 'authorization.k8s.io'

/** Questions about who somebody is, and what they may do. */
export function reviewEndpoints(components: ReviewComponents): SpecialEndpoints {
  const { tokens, authorizer, rules, now } = components
  const accessReview =
    (userOf: (spec: JsonObject, user: User) => User): Review =>
    async (object, { user }, validate) => {
      const spec = specOf(object)
      const asked = [userOf(spec, user), attributesOf(spec)] as const
      await validate(object)
      const decision = authorizer.authorize(...asked)
      return withStatus(object, accessReviewStatus(decision) as unknown as JsonObject)
    }
  const endpoint = (group: string, resource: string, kind: string, review: Review) => ({
    [`${group}/${resource}`]: { POST: createReview(components, { apiVersion: `${group}/v1`, kind, review }) },
  })
  return {
    ...endpoint(AUTHENTICATION, 'tokenreviews', 'TokenReview', async (object, _, validate) => {
      await validate(object)
      return withStatus(object, await reviewToken(tokens, object.spec))
    }),
    ...endpoint(
      AUTHENTICATION,
      'selfsubjectreviews',
      'SelfSubjectReview',
      async (object, { user }, validate) => {
        await validate(object)
        return {
          kind: object.kind,
          apiVersion: object.apiVersion,
          metadata: { creationTimestamp: timestamp(now()) },
          status: selfSubjectReview(user),
        }
      },
    ),
    ...endpoint(
      AUTHORIZATION,
      'selfsubjectaccessreviews',
      'SelfSubjectAccessReview',
      accessReview((_, user) => user),
    ),
    ...endpoint(AUTHORIZATION, 'subjectaccessreviews', 'SubjectAccessReview', accessReview(subjectOf)),
    ...endpoint(
      AUTHORIZATION,
      'localsubjectaccessreviews',
      'LocalSubjectAccessReview',
      async (object, request, validate) => {
        const { resourceAttributes } = specOf(object)
        const namespace = isJsonObject(resourceAttributes) ? resourceAttributes.namespace : undefined
        if (namespace !== request.info.namespace) {
          throw badRequest(
            `spec.resourceAttributes.namespace must match namespace: ${request.info.namespace}`,
          )
        }
        return accessReview(subjectOf)(object, request, validate)
      },
    ),
    ...endpoint(
      AUTHORIZATION,
      'selfsubjectrulesreviews',
      'SelfSubjectRulesReview',
      async (object, { user }, validate) => {
        const namespace = textOf(specOf(object).namespace)
        if (namespace === '') throw badRequest('no namespace on request')
        await validate(object)
        const status = rulesReviewStatus(rules.rulesFor(user, namespace)) as unknown as JsonObject
        return { ...withStatus({ ...object, metadata: {} }, status), spec: {} }
      },
    ),
  }
}

/** The order of the fields is that of the original. */
function withStatus({ kind, apiVersion, metadata, spec }: KubeObject, status: JsonObject): KubeObject {
  return { kind, apiVersion, metadata, spec: spec ?? {}, status }
}

function subjectOf(spec: JsonObject): User {
  const { user, groups, uid, extra } = spec
  const names = Array.isArray(groups) ? groups.map(textOf) : []
  if (textOf(user) === '' && names.length === 0)
    throw badRequest('at least one of user or group must be specified')
  return {
    name: textOf(user),
    groups: names,
    ...(textOf(uid) === '' ? {} : { uid: textOf(uid) }),
    ...(isJsonObject(extra) ? { extra: extra as Record<string, readonly string[]> } : {}),
  }
}

/** @throws StatusError BadRequest when it asks for both, or for neither */
function attributesOf({ resourceAttributes, nonResourceAttributes }: JsonObject): Attributes {
  const isResource = isJsonObject(resourceAttributes)
  if (isResource === isJsonObject(nonResourceAttributes)) {
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified')
  }
  if (isJsonObject(nonResourceAttributes)) {
    const { verb, path } = nonResourceAttributes
    return { isResource: false, verb: textOf(verb), path: textOf(path) }
  }
  const { verb, group, resource, subresource, namespace, name } = resourceAttributes as JsonObject
  return {
    isResource: true,
    verb: textOf(verb),
    group: textOf(group),
    resource: textOf(resource),
    subresource: textOf(subresource),
    namespace: textOf(namespace),
    name: textOf(name),
  }
}

function specOf({ spec }: KubeObject): JsonObject {
  return isJsonObject(spec) ? spec : {}
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
