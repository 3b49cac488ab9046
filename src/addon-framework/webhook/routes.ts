import type { ReviewHandler } from '../../kube/webhook/index.ts'
import { conversionReviews } from './conversion-review.ts'
import { convertAddOn } from './convert-add-on.ts'

/** Where the hub's CustomResourceDefinitions expect the conversion. */
export const ADD_ON_CONVERSION_PATH = '/convert'

/** The webhooks of the add-on webhook server, by path. */
export function addOnWebhookRoutes(): Readonly<Record<string, ReviewHandler>> {
  return { [ADD_ON_CONVERSION_PATH]: conversionReviews(convertAddOn) }
}
