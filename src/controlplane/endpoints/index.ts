export { type Allocation, type Allocator, writeAllocated } from './allocation.ts'
export { type CreateReviewComponents, createReview } from './create-review.ts'
export type { EndpointComponents } from './endpoint-components.ts'
export { podEndpoints } from './pod-endpoints.ts'
export type { ObjectRequest } from './resource-request.ts'
export {
  ResourceRouter,
  type ResourceRouterComponents,
  type SpecialEndpoint,
  type SpecialEndpoints,
} from './resource-router.ts'
export { type ReviewComponents, reviewEndpoints } from './reviews.ts'
