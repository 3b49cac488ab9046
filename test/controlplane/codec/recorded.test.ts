import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/controlplane/api/json.ts'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import { decodeBody, encodeBody, type FieldValidation } from '../../../src/controlplane/codec/index.ts'
import { normalize } from '../../../src/controlplane/codec/normalize.ts'
import { unwrapProtobuf } from '../../../src/controlplane/codec/protobuf-body.ts'
import { typeOfKind } from '../../../src/controlplane/schema/builtin-types.ts'
import {
  type RecordedRequest,
  recordedExchange,
  recordedExchanges,
} from '../../support/recorded-apiserver.ts'

interface ClientBody {
  readonly client: string
  readonly path: string
  readonly bodyBase64: string
}

/** What kubectl, helm and clusteradm really sent. */
const clients = readFileSync(new URL('recorded-client-bodies.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as ClientBody)

const KIND_BY_RESOURCE: Record<string, string> = { configmaps: 'ConfigMap', secrets: 'Secret' }

describe('what is wrong with a body', () => {
  it.each([
    'create wrong kind',
    'create wrong type in field',
    'create unknown field, strict',
    'create duplicate field, strict',
    'create malformed json',
    'create yaml whose name is a YAML 1.1 boolean',
    'create text/plain',
    'secret bad base64',
  ])('is said as recorded: %s', (name) => {
    const { request, response } = recordedExchange(name)
    expect(thrownStatus(() => decodeRecorded(request)).toStatus()).toEqual(response.body)
  })

  it('is warned of as recorded', () => {
    const { request, response } = recordedExchange('create unknown field, warn')
    const { warnings } = decodeRecorded(request)
    expect(warnings.map((each) => `299 - ${JSON.stringify(each)}`).join(', ')).toBe(response.headers.warning)
  })
})

describe('an answer of a built-in kind', () => {
  const objects = recordedExchanges().flatMap(({ name, response }) =>
    [response.body as JsonValue]
      .flat()
      .flatMap((body) => builtinObjects(body).map((object) => ({ name, object }))),
  )

  it.each(objects)('is normalised as recorded: $name, $object.kind', ({ object }) => {
    const typeId = typeOfKind(String(object.apiVersion), String(object.kind)) ?? ''
    const normalized = normalize(typeId, object)
    expect(normalized.unknownFields).toEqual([])
    // Stored objects have no empty lists, but a collection may be of none.
    const items = Array.isArray(object.items) && object.items.length === 0 ? { items: object.items } : {}
    expect({ ...normalized.object, ...items }).toEqual(object)
  })
})

describe('a protobuf body of a Go client', () => {
  it.each(clients)('is decoded, and encoded to the same bytes: $client $path', ({ bodyBase64 }) => {
    const body = Buffer.from(bodyBase64, 'base64')
    const { apiVersion, kind } = unwrapProtobuf(body)
    const { object } = decodeBody(body, 'application/vnd.kubernetes.protobuf', { apiVersion, kind })
    expect(object).toMatchObject({ apiVersion, kind })
    expect(encodeBody(object, 'protobuf').equals(body)).toBe(true)
  })

  it('says what kubectl was told to create', () => {
    expect(clientObject('kubectl create configmap', 'ConfigMap')).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'a', namespace: 'x' },
      data: { k: 'v' },
    })
    expect(clientObject('kubectl create deployment', 'Deployment')).toMatchObject({
      metadata: { name: 'd', labels: { app: 'd' } },
      spec: { replicas: 1, selector: { matchLabels: { app: 'd' } } },
      status: {},
    })
  })
})

function clientObject(client: string, kind: string): JsonObject {
  const body = clients.find((each) => each.client === client)?.bodyBase64 ?? ''
  const bytes = Buffer.from(body, 'base64')
  const { apiVersion } = unwrapProtobuf(bytes)
  return decodeBody(bytes, 'application/vnd.kubernetes.protobuf', { apiVersion, kind }).object
}

function decodeRecorded({ path, body = '', ct }: RecordedRequest) {
  const url = new URL(path, 'https://server')
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const kind = KIND_BY_RESOURCE[url.pathname.split('/').at(-1) ?? ''] ?? ''
  const validation = (url.searchParams.get('fieldValidation') ?? 'Warn') as FieldValidation
  return decodeBody(Buffer.from(text), ct, { apiVersion: 'v1', kind }, validation)
}

function builtinObjects(body: JsonValue): JsonObject[] {
  if (!isJsonObject(body)) return []
  if (isJsonObject(body.object) && body.kind === undefined) return builtinObjects(body.object)
  return typeOfKind(String(body.apiVersion), String(body.kind)) ? [body] : []
}

function thrownStatus(decode: () => unknown): StatusError {
  try {
    decode()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
