import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { withRequester } from '../../../src/controlplane/kinds/index.ts'
import { type RecordedExchange, recordedExchanges } from '../../support/recorded-apiserver.ts'
import { type Answer, KindWriter } from './kind-writer.ts'

/** What the server decides anew each time, and what is not of the kind but of every write. */
function comparable(body: unknown): unknown {
  const { metadata = {}, ...rest } = body as JsonObject
  const {
    managedFields: _,
    uid: __,
    resourceVersion: ___,
    creationTimestamp: ____,
    ...kept
  } = metadata as JsonObject
  return { ...rest, metadata: kept }
}

const GROUP_PATHS: Readonly<Record<string, string>> = {
  'deployments.apps': '/apis/apps/v1/namespaces/rec/deployments',
  'leases.coordination.k8s.io': '/apis/coordination.k8s.io/v1/namespaces/rec/leases',
  'roles.rbac.authorization.k8s.io': '/apis/rbac.authorization.k8s.io/v1/namespaces/rec/roles',
  'rolebindings.rbac.authorization.k8s.io': '/apis/rbac.authorization.k8s.io/v1/namespaces/rec/rolebindings',
  'certificatesigningrequests.certificates.k8s.io': '/apis/certificates.k8s.io/v1/certificatesigningrequests',
}

/** Answered before a kind is asked, or in the form of another one. */
const NOT_OF_THE_KIND = ['role escalation refused', 'scale patch']

function writesTo(path: string): RecordedExchange[] {
  return recordedExchanges().filter(
    ({ name, request }) =>
      request.path.startsWith(path) &&
      ['POST', 'PUT', 'PATCH'].includes(request.method ?? 'GET') &&
      !NOT_OF_THE_KIND.includes(name),
  )
}

describe.each(Object.entries(GROUP_PATHS))('%s, as recorded', (key, path) => {
  let writer: KindWriter

  beforeAll(async () => {
    writer = await KindWriter.open(key)
  })
  afterAll(() => writer.close())

  it.each(writesTo(path).map((exchange) => [exchange.name, exchange] as const))('%s', async (_, exchange) => {
    const answer = await replay(writer, path, exchange)
    expect(comparable(answer)).toEqual(comparable(exchange.response.body))
  })
})

async function replay(
  writer: KindWriter,
  path: string,
  { request, response }: RecordedExchange,
): Promise<Answer> {
  const { method, body, ct = '', headers = {} } = request
  if (method === 'POST') {
    const requester = headers['impersonate-user']
    if (requester === undefined) return writer.create(body)
    const groups = [headers['impersonate-group'] ?? '', 'system:authenticated']
    return writer.create(body, (object) => withRequester(object, { name: requester, groups }))
  }
  const [name = '', subresource = ''] = request.path.slice(path.length + 1).split('/')
  if (method === 'PUT')
    return writer.update(name, (old) => ({ ...(body as JsonObject), metadata: old.metadata }), subresource)
  // What was written by way of another kind in between shows in the answer.
  await writer.update(name, (old) => withReplicasOf(old, response.body as JsonObject))
  return ct.includes('strategic')
    ? writer.strategicMerge(name, body as JsonValue)
    : writer.merge(name, body as JsonValue, subresource)
}

function withReplicasOf(old: JsonObject, answer: JsonObject): JsonObject {
  const replicas = (answer.spec as JsonObject | undefined)?.replicas
  if (replicas === undefined) return old
  return { ...old, spec: { ...(old.spec as JsonObject), replicas } }
}
