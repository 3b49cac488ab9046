import type { Readable } from 'node:stream'

/** A request on its way: what undici's dispatchers take, as far as it is needed here. */
export interface TransportRequest {
  readonly method: string
  /** Such as `https://192.0.2.2:6443`. */
  readonly origin: string
  readonly path: string
  readonly headers: Record<string, string | string[]>
  readonly body?: string
  /** Until the head of the answer is there, in ms. */
  readonly headersTimeout: number
  /** Between two pieces of the answer, in ms; 0 for no limit. */
  readonly bodyTimeout: number
  /** Whether the connection is given up afterwards. */
  readonly reset: boolean
  readonly signal?: AbortSignal
}

export interface TransportResponse {
  readonly statusCode: number
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** To be read, or destroyed. Fails with the reason of the request's signal. */
  readonly body: Readable
}

/** What carries requests to an API: connections, or something in their place. */
export interface Transport {
  /** Rejects with the reason of the request's signal, or with what was in its way. */
  request(request: TransportRequest): Promise<TransportResponse>
  /** Breaks off what is under way. */
  destroy(): Promise<void>
}
