import type { FieldError } from '../../../../src/controlplane/api/field-error.ts'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import { decodeBody } from '../../../../src/controlplane/codec/index.ts'
import { CORE_KINDS } from '../../../../src/controlplane/kinds/core/index.ts'
import { type KubeObject, type Strategy, withMeta } from '../../../../src/controlplane/registry/index.ts'
import { recordedExchange } from '../../../support/recorded-apiserver.ts'

export function coreKind(resource: string) {
  const kind = CORE_KINDS.find(({ type }) => type.resource === resource)
  if (!kind) throw new Error(`${resource} are no kind of v1`)
  return kind
}

export function strategyFor(resource: string): Strategy {
  return coreKind(resource).type.strategy
}

export function recordedBody(name: string): KubeObject {
  return recordedExchange(name).response.body as KubeObject
}

/** The causes of a recorded refusal. */
export function recordedCauses(name: string): readonly FieldError[] {
  const { details } = recordedExchange(name).response.body as { details: { causes: FieldError[] } }
  return details.causes
}

/** What a client has sent, as it gets to the kinds: decoded, with the namespace of the path and its defaults. */
export function received(name: string, strategy: Strategy): KubeObject {
  return strategy.withDefaults(decoded(recordedExchange(name).request.body))
}

export function decoded(body: unknown, namespace = 'rec'): KubeObject {
  const buffer = Buffer.from(JSON.stringify(body))
  const { apiVersion, kind } = body as KubeObject
  const { object } = decodeBody(buffer, 'application/json', { apiVersion, kind }, 'Ignore')
  return withMeta(object as KubeObject, { namespace })
}

/** Without what varies, and without the metadata that is not of the kind. */
export function essence(object: KubeObject): JsonObject {
  const { metadata, ...rest } = JSON.parse(JSON.stringify(object)) as KubeObject
  const { name, labels = {}, annotations = {} } = metadata
  return { ...rest, metadata: { name, labels, annotations } }
}
