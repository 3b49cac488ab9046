import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import {
  applyConfiguration,
  builtinSchema,
  crdSchema,
  emptyObject,
  excluding,
  fieldPath,
  type ManagedType,
  singleVersion,
  trackUpdate,
} from '../../../src/controlplane/apply/index.ts'
import { typeOfKind } from '../../../src/controlplane/schema/builtin-types.ts'
import {
  type RecordedExchange,
  recordedExchange,
  recordedExchanges,
} from '../../support/recorded-apiserver.ts'

interface RecordedObject extends JsonObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: JsonObject & { readonly name: string; readonly managedFields: readonly JsonObject[] }
}

/** A write that a kube-apiserver 1.36 carried out. */
export interface RecordedWrite {
  readonly name: string
  readonly type: ManagedType
  readonly live: RecordedObject | undefined
  readonly answer: RecordedObject
  /** The object with the managedFields that it gets from us. */
  readonly outcome: () => JsonObject
}

/** What the server itself fills in after it has looked who owns what; none of it is anybody's. */
const SET_BY_SERVER: Readonly<Record<string, ReturnType<typeof removing>>> = {
  'create namespace': removing('finalizers'),
  'service defaulting and cluster ip': removing('clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'),
  'service headless': removing('clusterIPs', 'ipFamilies', 'ipFamilyPolicy'),
  'token request': removing('audiences'),
  'pod create (defaulting)': (spec) =>
    removing(
      'preemptionPolicy',
      'priority',
      'serviceAccount',
      'serviceAccountName',
      'tolerations',
      'volumes',
    )({ ...spec, containers: (spec.containers as JsonObject[]).map(removing('volumeMounts')) }),
}

const WRITES = ['POST', 'PUT', 'PATCH']

/** All writes of objects in the order that they were made, each after the object as it was answered before. */
export function recordedWrites(): RecordedWrite[] {
  const answers = new Map<string, RecordedObject>()
  return recordedExchanges().flatMap((exchange): RecordedWrite[] => {
    const { request, response } = exchange
    const answer = response.body
    if (!isRecordedObject(answer)) return []
    const key = `${answer.kind}/${answer.metadata.name}`
    const live = answers.get(key)
    if (!request.path.includes('dryRun')) answers.set(key, answer)
    return WRITES.includes(request.method ?? '') ? [recordedWrite(exchange, live, answer)] : []
  })
}

export function typeOf(apiVersion: string, kind: string, subresource = ''): ManagedType {
  const typeId = typeOfKind(apiVersion, kind)
  const reset =
    subresource === 'status'
      ? excluding(fieldPath('spec'), fieldPath('metadata'))
      : excluding(fieldPath('status'))
  return singleVersion({
    apiVersion,
    kind,
    subresource,
    schema: typeId ? builtinSchema(typeId) : crdSchema(widgetSchema()),
    ...(typeId ? { empty: emptyObject(typeId, apiVersion, kind) } : {}),
    resetFields: reset,
  })
}

/** Of the custom resource that was recorded. */
export function widgetSchema(): JsonObject {
  const definition = recordedExchange('create crd').request.body as {
    spec: { versions: [{ schema: { openAPIV3Schema: JsonObject } }] }
  }
  return definition.spec.versions[0].schema.openAPIV3Schema
}

function recordedWrite(
  { name, request }: RecordedExchange,
  live: RecordedObject | undefined,
  answer: RecordedObject,
): RecordedWrite {
  const { pathname, searchParams } = new URL(request.path, 'http://apiserver')
  const subresource = /\/(status|finalize|token)$/.exec(pathname)?.[1] ?? ''
  const type = typeOf(answer.apiVersion, answer.kind, subresource)
  const times = answer.metadata.managedFields.map(({ time }) => Date.parse(String(time)) || 0)
  const writer = { manager: searchParams.get('fieldManager') ?? '', now: Math.max(...times) }
  const force = searchParams.get('force') === 'true'
  const outcome = () =>
    request.ct === 'application/apply-patch+yaml'
      ? applyConfiguration(type, live, request.body as JsonObject, { ...writer, force })
      : trackUpdate(type, live, written(name, answer), writer)
  return { name, type, live, answer, outcome }
}

/** What the request had made of the object, as far as the answer tells. */
function written(name: string, answer: RecordedObject): JsonObject {
  const { managedFields: _, ...metadata } = answer.metadata
  const filledIn = SET_BY_SERVER[name]
  return { ...answer, metadata, ...(filledIn ? { spec: filledIn(answer.spec as JsonObject) } : {}) }
}

function removing(...names: readonly string[]) {
  return (object: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

function isRecordedObject(body: unknown): body is RecordedObject {
  return (
    typeof body === 'object' &&
    body !== null &&
    Array.isArray((body as RecordedObject).metadata?.managedFields)
  )
}
