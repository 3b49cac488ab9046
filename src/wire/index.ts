export { decodePacket } from './decode.ts'
export { encodePacket, frameControlPacket, frameDataHead } from './encode.ts'
export {
  AGENT_CONNECT_PATH,
  decodeGrpcMessage,
  encodeGrpcMessage,
  FRONTEND_PROXY_PATH,
  GRPC_STATUS,
  grpcStatusName,
  MAX_DATA_BYTES,
  MAX_MESSAGE_BYTES,
} from './grpc.ts'
export {
  AGENT_ID_HEADER,
  AGENT_IDENTIFIERS_HEADER,
  AUTHORIZATION_HEADER,
  agreeOnExtensions,
  agreeOnVersion,
  announceExtensions,
  DEFAULT_WINDOW_BYTES,
  EXTENSION_VERSION,
  EXTENSIONS_HEADER,
  type Extensions,
  MAX_WINDOW_BYTES,
  MIN_WINDOW_BYTES,
  NO_EXTENSIONS,
  SERVER_COUNT_HEADER,
  SERVER_ID_HEADER,
  WINDOW_HEADER,
} from './metadata.ts'
export type {
  CloseDialPacket,
  CloseRequestPacket,
  CloseResponsePacket,
  ConnectId,
  ControlPacket,
  CreditPacket,
  DataPacket,
  DialRequestPacket,
  DialResponsePacket,
  DrainPacket,
  HalfClosePacket,
  Packet,
  PacketTypeName,
  UnknownFields,
  UnknownPacket,
} from './packet.ts'
export { PACKET_TYPES } from './packet.ts'
export { ProtocolError } from './protocol-error.ts'
