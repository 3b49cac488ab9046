import type { Logger } from '../common/log.ts'
import type { ControlPlane } from '../controlplane/index.ts'
import { KubeClient, type KubeMetrics } from '../kube/index.ts'
import { InProcessTransport } from './in-process-transport.ts'
import { RELEASE } from './version.ts'

/** Nobody connects to it. */
const SERVER = new URL('http://in-process')

/** There is nobody to be fair to but ourselves: the server says when it has enough. */
const NO_LIMIT = -1

export interface InProcessClientComponents {
  readonly log: Logger
  readonly controlPlane: ControlPlane
  readonly metrics?: KubeMetrics
}

/** A client of an API server of this process, that may do everything. */
export function inProcessClient(
  { log, controlPlane, metrics }: InProcessClientComponents,
  { userName, program }: { readonly userName: string; readonly program: string },
): KubeClient {
  const user = { name: userName, groups: ['system:masters', 'system:authenticated'] }
  const transport = new InProcessTransport({
    log,
    handle: (request) => controlPlane.handleAs(user, request),
  })
  const readAccess = async () => ({ server: SERVER, tls: { rejectUnauthorized: true } })
  return new KubeClient(
    { readAccess, transport, log, ...(metrics && { metrics }) },
    { qps: NO_LIMIT, userAgent: `${program}/${RELEASE}` },
  )
}
