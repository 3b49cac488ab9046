import type { Namespace } from '../../apis/core/v1.ts'
import { isForbidden, KubeApiError } from '../../kube/index.ts'

/** Nothing is created in a namespace that is being deleted. */
export function isTerminating({ metadata, status }: Namespace): boolean {
  return metadata.deletionTimestamp !== undefined || status?.phase === 'Terminating'
}

/** The namespace was deleted meanwhile. */
export function isTerminatingError(error: unknown): boolean {
  return (
    isForbidden(error) &&
    error instanceof KubeApiError &&
    error.causes.some(({ reason }) => reason === 'NamespaceTerminating')
  )
}
