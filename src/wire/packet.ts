/** Packet types by their names on the wire; the numbers are konnectivity's, 64 and up are ours (proto/konnectivity.proto). */
export const PACKET_TYPES = {
  DIAL_REQ: 0,
  DIAL_RSP: 1,
  CLOSE_REQ: 2,
  CLOSE_RSP: 3,
  DATA: 4,
  DIAL_CLS: 5,
  DRAIN: 6,
  CREDIT: 64,
  HALF_CLOSE: 65,
} as const

export type PacketTypeName = keyof typeof PACKET_TYPES

/**
 * Identifies a connection within one stream. An int64 on the wire: a number where a number holds it exactly, which is
 * what every known agent sends, else a bigint; never both for one value, so it can key a Map.
 */
export type ConnectId = number | bigint

/** Encoded fields that this version does not know, kept so that a relay passes them on. */
export interface UnknownFields {
  readonly packet?: Buffer
  readonly payload?: Buffer
}

interface Relayed {
  readonly unknown?: UnknownFields
}

export interface DialRequestPacket extends Relayed {
  readonly type: 'DIAL_REQ'
  readonly protocol: string
  readonly address: string
  /** The dial ID: 63 random bits, so never a JS number. */
  readonly random: bigint
}

export interface DialResponsePacket extends Relayed {
  readonly type: 'DIAL_RSP'
  readonly random: bigint
  /** Empty when the target was reached. */
  readonly error: string
  readonly connectId: ConnectId
  /** Extension: the agent did not try, another agent may. */
  readonly refused?: boolean
}

export interface DataPacket extends Relayed {
  readonly type: 'DATA'
  readonly connectId: ConnectId
  /** The bytes in order; slices of what was received. */
  readonly chunks: readonly Buffer[]
  readonly length: number
}

export interface CloseRequestPacket extends Relayed {
  readonly type: 'CLOSE_REQ'
  readonly connectId: ConnectId
  /** Extension: not empty when the connection was broken off. */
  readonly error: string
}

export interface CloseResponsePacket extends Relayed {
  readonly type: 'CLOSE_RSP'
  readonly connectId: ConnectId
  readonly error: string
}

export interface CloseDialPacket extends Relayed {
  readonly type: 'DIAL_CLS'
  readonly random: bigint
}

export interface DrainPacket extends Relayed {
  readonly type: 'DRAIN'
}

export interface CreditPacket extends Relayed {
  readonly type: 'CREDIT'
  readonly connectId: ConnectId
  readonly bytes: number
}

export interface HalfClosePacket extends Relayed {
  readonly type: 'HALF_CLOSE'
  readonly connectId: ConnectId
}

/** A packet of a type that this version does not know: logged and ignored, as the originals do. */
export interface UnknownPacket {
  readonly type: 'UNKNOWN'
  readonly typeNumber: number
}

export type ControlPacket =
  | DialRequestPacket
  | DialResponsePacket
  | CloseRequestPacket
  | CloseResponsePacket
  | CloseDialPacket
  | DrainPacket
  | CreditPacket
  | HalfClosePacket

export type Packet = ControlPacket | DataPacket | UnknownPacket
