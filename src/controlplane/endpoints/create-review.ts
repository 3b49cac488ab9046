import { builtinSchema, emptyObject, singleVersion, trackUpdate } from '../apply/index.ts'
import { decodeBody, formatsOf, type VersionedKind } from '../codec/index.ts'
import { negotiate } from '../http/accept.ts'
import { objectAnswer } from '../http/answer.ts'
import type { KubeObject } from '../registry/index.ts'
import { typeOfKind } from '../schema/builtin-types.ts'
import type { ObjectRequest } from './resource-request.ts'
import type { SpecialEndpoint } from './resource-router.ts'
import { writeOptions } from './write-options.ts'

/** What is answered to an object that is not kept. */
export type Review = (object: KubeObject, request: ObjectRequest) => KubeObject | Promise<KubeObject>

export interface ReviewOptions extends VersionedKind {
  /** @default none */
  readonly subresource?: string
  readonly now: () => number
  readonly review: Review
}

/** POST of an object that is not kept, but answered with what the server has to say to it. */
export function createReview({
  apiVersion,
  kind,
  subresource = '',
  now,
  review,
}: ReviewOptions): SpecialEndpoint {
  const typeId = typeOfKind(apiVersion, kind) as string
  const formats = formatsOf({ apiVersion, kind })
  return async (request) => {
    const options = writeOptions(request, 'CreateOptions')
    const { format } = negotiate(request.headers.accept, { formats })
    const body = await request.readBody()
    const contentType = request.headers['content-type']
    const { object, warnings } = decodeBody(body, contentType, { apiVersion, kind }, options.fieldValidation)
    for (const warning of warnings) request.warn(warning)
    const type = singleVersion({
      apiVersion,
      kind,
      subresource,
      schema: builtinSchema(typeId),
      empty: emptyObject(typeId, apiVersion, kind),
    })
    const writer = { manager: options.manager, now: now() }
    const written = trackUpdate(type, undefined, { ...object, metadata: object.metadata ?? {} }, writer)
    return objectAnswer(201, await review(written as KubeObject, request), format)
  }
}
