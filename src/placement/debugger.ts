import type { IncomingMessage, ServerResponse } from 'node:http'
import { CLUSTER_GROUP } from '../apis/cluster/constants.ts'
import type { Placement } from '../apis/cluster/v1beta1.ts'
import { errorMessage } from '../common/errors.ts'
import type { Route } from '../common/http-endpoints.ts'
import { parseJson } from '../common/parse-json.ts'
import type { DelegatedAuthorization } from '../kube/index.ts'
import type { PlacementScheduler } from './placement-scheduler.ts'
import type { ScheduleResult } from './schedule.ts'
import type { ClusterScores } from './scheduling-view.ts'

export const DEBUG_PATH = '/debug/placements/'

const MOST_BYTES = 1024 * 1024
const VERBS: Readonly<Record<string, string>> = { GET: 'get', POST: 'create' }

export interface DebuggerComponents {
  readonly scheduler: PlacementScheduler
  readonly authorization: Pick<DelegatedAuthorization, 'judge'>
}

class RefusedError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * Shows how clusters are chosen for a Placement, filter by filter and score by score (placement/debugger): `GET
 * /debug/placements/<namespace>/<name>`, or `POST /debug/placements/` with one that does not exist. For those who may get, or
 * create, Placements in the namespace.
 */
export function debugRoute({ scheduler, authorization }: DebuggerComponents): Route {
  return async (request, response, url) => {
    try {
      const placement = await placementOf(request, url, scheduler)
      await verifyAccess(request, placement, authorization)
      send(response, 200, resultOf(placement, scheduler.schedule(placement)))
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      send(response, error.status, { error: error.message })
    }
  }
}

async function placementOf(
  request: IncomingMessage,
  { pathname }: URL,
  scheduler: PlacementScheduler,
): Promise<Placement> {
  if (request.method === 'POST') return parsed(await bodyOf(request))
  if (request.method !== 'GET') throw new RefusedError(405, `method ${request.method} not allowed`)
  const [namespace, name, ...more] = pathname.slice(DEBUG_PATH.length).split('/')
  if (!namespace || !name || more.length > 0)
    throw new RefusedError(400, 'invalid debug path: namespace and name required')
  const placement = scheduler.find({ namespace, name })
  if (!placement) throw new RefusedError(404, `placement '${name}' not found`)
  return placement
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES)
      throw new RefusedError(400, `request body too large: exceeds maximum of ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parsed(text: string): Placement {
  try {
    const json = parseJson(text)
    if (typeof json === 'object' && json !== null && 'metadata' in json) return json as unknown as Placement
    throw new Error('it has no metadata')
  } catch (cause) {
    throw new RefusedError(400, `failed to unmarshal placement JSON: ${errorMessage(cause)}`)
  }
}

async function verifyAccess(
  { method = '', headers }: IncomingMessage,
  { metadata: { namespace = '' } }: Placement,
  authorization: Pick<DelegatedAuthorization, 'judge'>,
): Promise<void> {
  const verb = VERBS[method] ?? ''
  const verdict = await authorization.judge(headers.authorization, {
    resourceAttributes: { group: CLUSTER_GROUP, version: 'v1beta1', resource: 'placements', verb, namespace },
  })
  if (verdict === 'unauthenticated')
    throw new RefusedError(401, 'user information not found in request context')
  if (verdict === 'forbidden')
    throw new RefusedError(
      403,
      `user does not have permission to ${verb} placements in namespace ${namespace}: `,
    )
}

function resultOf({ metadata, spec, apiVersion, kind }: Placement, result: ScheduleResult) {
  const { namespace, name, labels, annotations } = metadata
  return {
    placement: { apiVersion, kind, metadata: { namespace, name, labels, annotations }, spec, status: {} },
    filteredPipelineResults: result.filters,
    prioritizeResults: result.prioritizers.map(({ name: prioritizer, weight, scores }) => ({
      name: prioritizer,
      weight,
      scores: Object.fromEntries(scores),
    })),
    aggregatedScores: sorted(result.sums),
    ...(result.problem && { error: result.problem.message }),
  }
}

function sorted(sums: ClusterScores) {
  return [...sums]
    .map(([clusterName, score]) => ({ clusterName, score }))
    .sort((a, b) => b.score - a.score || (a.clusterName < b.clusterName ? -1 : 1))
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
