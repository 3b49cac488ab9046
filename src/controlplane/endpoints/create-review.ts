import type { AdmissionChain } from '../admission/index.ts'
import { builtinSchema, emptyObject, singleVersion, trackUpdate } from '../apply/index.ts'
import { decodeBody, formatsOf, type VersionedKind } from '../codec/index.ts'
import { negotiate } from '../http/accept.ts'
import { objectAnswer } from '../http/answer.ts'
import type { KubeObject } from '../registry/index.ts'
import { typeOfKind } from '../schema/builtin-types.ts'
import { admissionRequest, withObject } from './admit.ts'
import { settling } from './aftermath.ts'
import type { ObjectRequest } from './resource-request.ts'
import type { SpecialEndpoint } from './resource-router.ts'
import { writeOptions } from './write-options.ts'

/**
 * What is answered to an object that is not kept. Calls `validate` with the object once it has found nothing wrong with it, and carries
 * out nothing before.
 */
export type Review = (
  object: KubeObject,
  request: ObjectRequest,
  validate: (object: KubeObject) => Promise<void>,
) => Promise<KubeObject>

export interface CreateReviewComponents {
  readonly admission: AdmissionChain
  readonly now: () => number
}

export interface ReviewOptions extends VersionedKind {
  /** @default none */
  readonly subresource?: string
  readonly review: Review
}

/** POST of an object that is not kept, but answered with what the server has to say to it. */
export function createReview(
  { admission, now }: CreateReviewComponents,
  { apiVersion, kind, subresource = '', review }: ReviewOptions,
): SpecialEndpoint {
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
    const withMetadata = { ...object, metadata: object.metadata ?? {} }
    const written = trackUpdate(type, undefined, withMetadata, writer) as KubeObject
    const answer = await settling(async ({ afterwards }) => {
      const asked = admissionRequest(
        request,
        { ...request.info, kind },
        {
          operation: 'CREATE',
          name: request.info.name || (written.metadata.name ?? ''),
          objectKind: { ...groupVersion(apiVersion), kind },
          object: written,
          oldObject: undefined,
          dryRun: options.dryRun,
          options: options.object,
          afterwards,
        },
      )
      const admitted = await admission.mutate(asked)
      return review(admitted.object as KubeObject, request, (reviewed) =>
        admission.validate(withObject(admitted, reviewed)),
      )
    })
    return objectAnswer(201, answer, format)
  }
}

/** Of what is in a group of its own, as all reviews are. */
function groupVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const [group = '', version = ''] = apiVersion.split('/')
  return { group, version }
}
