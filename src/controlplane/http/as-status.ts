import { StatusError } from '../api/status.ts'
import { StorageError } from '../storage/index.ts'

/** What a client is told of an error, whatever it is. Of faults of ours only the log says more. */
export function asStatus(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  if (error instanceof StorageError) return storageStatus(error)
  return internalError('an internal error occurred; the log of the control plane says more', error)
}

function storageStatus(error: StorageError): StatusError {
  switch (error.code) {
    case 'ERR_STORAGE_CLOSED':
      return new StatusError('ServiceUnavailable', error.message, { retryAfterSeconds: 1 }, { cause: error })
    case 'ERR_STORAGE_FULL':
      // As the original when etcd is full: clients do not try again by themselves what makes things worse.
      return internalError(
        'the storage of the control plane is full: nothing can be written until there is room on the disk of its data directory; reading goes on',
        error,
      )
    default:
      return internalError(
        'the storage of the control plane cannot be written: see its log, and the disk of its data directory',
        error,
      )
  }
}

function internalError(message: string, cause: unknown): StatusError {
  return new StatusError('InternalError', message, {}, { cause })
}
