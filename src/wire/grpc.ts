/** The two streams of the konnectivity wire; the services have no proto package, so their names are bare. */
export const AGENT_CONNECT_PATH = '/AgentService/Connect'
export const FRONTEND_PROXY_PATH = '/ProxyService/Proxy'

/** What grpc-go accepts by default; a larger message ends the stream with RESOURCE_EXHAUSTED. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

/** The most bytes that one DATA packet of ours carries. */
export const MAX_DATA_BYTES = 64 * 1024

/** The gRPC status codes that this project sends or looks for, as gRPC numbers them. */
export const GRPC_STATUS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const

const GRPC_STATUS_NAMES: readonly string[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]

/** A status code as Go spells it, which is how it stands in the metrics' `code` label. */
export function grpcStatusName(code: number): string {
  return GRPC_STATUS_NAMES[code] ?? `Code(${code})`
}

/** gRPC's percent-encoding of the `grpc-message` trailer: printable ASCII but `%` as it is, all else by its UTF-8 bytes. */
export function encodeGrpcMessage(message: string): string {
  let encoded = ''
  for (const byte of Buffer.from(message, 'utf8')) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

/** Undoes `encodeGrpcMessage`; a malformed escape is left as it stands, as gRPC asks. */
export function decodeGrpcMessage(encoded: string): string {
  const bytes: number[] = []
  for (let index = 0; index < encoded.length; index++) {
    const hex = encoded.slice(index + 1, index + 3)
    if (encoded[index] === '%' && /^[0-9a-f]{2}$/i.test(hex)) {
      bytes.push(Number.parseInt(hex, 16))
      index += 2
    } else {
      bytes.push(...Buffer.from(encoded[index] as string, 'utf8'))
    }
  }
  return Buffer.from(bytes).toString('utf8')
}
