import { AppError } from '../common/errors.ts'
import { decodeGrpcMessage, grpcStatusName } from '../wire/grpc.ts'

/** The peer ended a stream with a gRPC status other than OK. */
export class GrpcStatusError extends AppError {
  readonly status: number

  constructor(status: number, message: string) {
    super('ERR_GRPC_STATUS', `rpc error: code = ${grpcStatusName(status)} desc = ${message}`)
    this.status = status
  }
}

/** The status in a block of headers or trailers, or undefined where there is none. */
export function readGrpcStatus(
  headers: Readonly<Record<string, unknown>>,
): { status: number; message: string } | undefined {
  const status = headers['grpc-status']
  if (typeof status !== 'string') return undefined
  const message = headers['grpc-message']
  return {
    status: /^[0-9]{1,3}$/.test(status) ? Number(status) : 2,
    message: typeof message === 'string' ? decodeGrpcMessage(message) : '',
  }
}
