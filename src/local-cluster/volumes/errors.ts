import { AppError } from '../../common/errors.ts'

/** A volume cannot be there as its Pod describes it. The message is what kubelet says in an Event. */
export class VolumeError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_VOLUME', message, options)
  }
}
