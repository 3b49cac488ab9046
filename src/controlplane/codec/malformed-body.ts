import { AppError } from '../../common/errors.ts'

/** A body that is not what it should be, in the words of Go's decoders. Who knows what was expected makes a Status of it. */
export class MalformedBody extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MALFORMED_BODY', message, options)
  }
}
