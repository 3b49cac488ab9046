import { type FieldError, forbidden } from '../../api/field-error.ts'
import { imageSpaceErrors, type Pod, podSpecErrors } from '../pod/index.ts'

/** What is wrong with a pod besides its metadata, new or changed. */
export function podErrors({ metadata, spec }: Pod): FieldError[] {
  return [
    ...podSpecErrors(spec, metadata.name ?? '', 'spec'),
    ...(spec.serviceAccountName ? [] : tokenErrors(spec.volumes ?? [])),
    ...(spec.containers ?? []).flatMap((each, index) => imageSpaceErrors(each, `spec.containers[${index}]`)),
    ...(spec.initContainers ?? []).flatMap((each, index) =>
      imageSpaceErrors(each, `spec.initContainers[${index}]`),
    ),
  ]
}

/** What a pod can only get later. */
export function newPodErrors(pod: Pod): FieldError[] {
  const { ephemeralContainers = [], nodeName = '', schedulingGates = [] } = pod.spec
  return [
    ...podErrors(pod),
    ...(ephemeralContainers.length > 0
      ? [forbidden('spec.ephemeralContainers', 'cannot be set on create')]
      : []),
    ...(nodeName !== '' && schedulingGates.length > 0
      ? [forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
      : []),
  ]
}

function tokenErrors(volumes: NonNullable<Pod['spec']['volumes']>): FieldError[] {
  return volumes.flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, source) =>
      serviceAccountToken
        ? [
            forbidden(
              `spec.volumes[${index}].projected.sources[${source}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          ]
        : [],
    ),
  )
}
