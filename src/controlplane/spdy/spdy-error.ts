import { AppError } from '../../common/errors.ts'

/** The peer does not speak SPDY/3.1 as it should; the connection is of no use any more. */
export class SpdyError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SPDY', message, options)
  }
}
