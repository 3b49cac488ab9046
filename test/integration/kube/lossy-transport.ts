import { Agent } from '../../../src/common/undici.ts'
import type { ClusterTls, Transport, TransportRequest, TransportResponse } from '../../../src/kube/index.ts'

/**
 * Connections that break on every write when it has been carried out, before its answer: each time the same is written once more, that goes
 * through. Or before it is carried out, with `lost` set to the request.
 */
export function lossyTransport(tls: ClusterTls, lost: 'answer' | 'request'): Transport {
  const agent = new Agent({ connect: { ...tls }, connections: null })
  const attempts = new Map<string, number>()
  return {
    request: async (request: TransportRequest): Promise<TransportResponse> => {
      const title = `${request.method} ${request.path}`
      const attempt = (attempts.get(title) ?? 0) + 1
      attempts.set(title, attempt)
      const isLost = request.method !== 'GET' && attempt % 2 === 1
      if (isLost && lost === 'request') throw brokenConnection()
      const response: TransportResponse = await agent.request(request as never)
      if (!isLost) return response
      response.body.resume()
      throw brokenConnection()
    },
    destroy: () => agent.destroy(),
  }
}

function brokenConnection(): Error {
  return Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' })
}
