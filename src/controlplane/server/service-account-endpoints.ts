import { createReview, type SpecialEndpoints } from '../endpoints/index.ts'
import type { TokenRequests } from '../service-account-tokens/index.ts'

/** Tokens for service accounts. */
export function serviceAccountEndpoints(tokens: TokenRequests, now: () => number): SpecialEndpoints {
  const token = createReview({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    subresource: 'token',
    now,
    review: (object, { info: { namespace, name } }) => tokens.create({ namespace, name }, object),
  })
  return { '/serviceaccounts/token': { POST: token } }
}
