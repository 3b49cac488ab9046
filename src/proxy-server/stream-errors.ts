import { constants } from 'node:http2'
import type { StreamEnd } from '../transport/index.ts'
import { GRPC_STATUS, grpcStatusName } from '../wire/index.ts'
import type { ProxyServerMetrics } from './metrics.ts'

/** Counts how a peer ended its stream, where that was not in order, under the status that grpc-go would have for it. */
export function countStreamError(
  metrics: ProxyServerMetrics,
  segment: 'from_agent' | 'from_client',
  { clean, resetCode }: StreamEnd,
): void {
  if (clean) return
  const cancelled = resetCode === constants.NGHTTP2_CANCEL || resetCode === constants.NGHTTP2_NO_ERROR
  const code = grpcStatusName(cancelled ? GRPC_STATUS.CANCELLED : GRPC_STATUS.INTERNAL)
  metrics.streamErrors.inc({ segment, code, packet_type: 'Unknown' })
}
