import { type FieldError, forbidden, invalid, required, tooLong } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, subdomainProblems } from '../../registry/index.ts'
import { MAX_INT32, rangeProblem } from '../field-checks/index.ts'
import { immutableErrors, nameErrors, statusStrategy, strategyWithStatus } from '../strategy/index.ts'
import { driverNameErrors } from './csi.ts'

interface VolumeError extends JsonObject {
  readonly message?: string
  readonly errorCode?: number
}

interface VolumeAttachment extends KubeObject {
  readonly spec: JsonObject & {
    readonly attacher: string
    readonly nodeName: string
    readonly source: JsonObject & {
      readonly persistentVolumeName?: string
      readonly inlineVolumeSpec?: JsonObject
    }
  }
  readonly status: JsonObject & {
    readonly attachmentMetadata?: Readonly<Record<string, string>>
    readonly attachError?: VolumeError
    readonly detachError?: VolumeError
  }
}

const MOST_METADATA_BYTES = 256 * 1024
const LONGEST_MESSAGE = 1024
const SOURCE = 'spec.source'
const NAME = `${SOURCE}.persistentVolumeName`

/** What is wrong with a VolumeAttachment (kubernetes, apis/storage/validation). */
function attachmentErrors({ spec, status }: VolumeAttachment): FieldError[] {
  return [
    ...(spec.attacher === '' ? [required('spec.attacher')] : []),
    ...sourceErrors(spec.source),
    ...nameErrors(spec.nodeName, 'spec.nodeName', subdomainProblems),
    ...statusErrors(status),
  ]
}

function sourceErrors({ persistentVolumeName, inlineVolumeSpec }: VolumeAttachment['spec']['source']) {
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (persistentVolumeName === undefined && inlineVolumeSpec === undefined) return [required(SOURCE, detail)]
  if (persistentVolumeName !== undefined && inlineVolumeSpec !== undefined) return [forbidden(SOURCE, detail)]
  return persistentVolumeName === '' ? [required(NAME, 'must specify non empty persistentVolumeName')] : []
}

function statusErrors({ attachmentMetadata = {}, attachError, detachError }: VolumeAttachment['status']) {
  const bytes = Object.entries(attachmentMetadata).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key + value),
    0,
  )
  const tooMuch = (field: string) => tooLong(field, `may not be more than ${MOST_METADATA_BYTES} bytes`)
  const ofError = ({ message = '', errorCode = 0 }: VolumeError, path: string): FieldError[] => [
    // The original names the limit of the metadata here, too.
    ...(message.length > LONGEST_MESSAGE ? [tooMuch(`${path}.message`)] : []),
    ...(errorCode < 0 ? [invalid(`${path}.errorCode`, errorCode, rangeProblem(0, MAX_INT32))] : []),
  ]
  return [
    ...(bytes > MOST_METADATA_BYTES ? [tooMuch('status.attachmentMetadata')] : []),
    ...ofError(attachError ?? {}, 'status.attachError'),
    ...ofError(detachError ?? {}, 'status.detachError'),
  ]
}

/** What only v1 looks at. */
function nameRuleErrors({ spec }: VolumeAttachment): FieldError[] {
  const { persistentVolumeName: name } = spec.source
  return [
    ...driverNameErrors(spec.attacher, 'spec.attacher'),
    ...(name === undefined ? [] : nameErrors(name, NAME, subdomainProblems)),
  ]
}

function updateErrors(attachment: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  return [...attachmentErrors(attachment), ...immutableErrors(attachment.spec, old.spec, 'spec')]
}

export const VOLUME_ATTACHMENT_STRATEGY = strategyWithStatus({
  allowsUnconditionalUpdate: false,
  validate: (attachment) => [
    ...attachmentErrors(attachment as VolumeAttachment),
    ...nameRuleErrors(attachment as VolumeAttachment),
  ],
  validateUpdate: (attachment, old) => updateErrors(attachment as VolumeAttachment, old as VolumeAttachment),
})

export const VOLUME_ATTACHMENT_STATUS_STRATEGY = statusStrategy(VOLUME_ATTACHMENT_STRATEGY, {
  validateUpdate: (attachment, old) => updateErrors(attachment as VolumeAttachment, old as VolumeAttachment),
})
