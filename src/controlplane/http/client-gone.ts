import { StatusError } from '../api/status.ts'

/**
 * Why a request is given up whose client has gone. One for all: what an abort makes up otherwise, stack included, costs more than the
 * rest of a request's end.
 */
export const CLIENT_GONE = new StatusError('Timeout', 'the client has gone')
