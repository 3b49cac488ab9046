import { type CreateReviewComponents, createReview, type SpecialEndpoints } from '../endpoints/index.ts'
import type { TokenRequests } from '../service-account-tokens/index.ts'

export interface ServiceAccountEndpointsComponents extends CreateReviewComponents {
  readonly tokens: TokenRequests
}

/** Tokens for service accounts. */
export function serviceAccountEndpoints(components: ServiceAccountEndpointsComponents): SpecialEndpoints {
  const token = createReview(components, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    subresource: 'token',
    review: (object, { info: { namespace, name } }, validate) =>
      components.tokens.create({ namespace, name }, object, validate),
  })
  return { '/serviceaccounts/token': { POST: token } }
}
