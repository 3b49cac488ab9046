import { isDeepStrictEqual } from 'node:util'
import type { JsonValue } from '../../api/json.ts'
import { badRequest, StatusError } from '../../api/status.ts'
import { decodeBody } from '../../codec/index.ts'
import { applyJsonPatch } from '../../patch/index.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { AdmissionPlugin, AdmissionRequest, AdmissionRounds, ObjectKind } from '../admission.ts'
import { converted, isExempt, RequestVersions, withNamespace } from '../match/index.ts'

import { Reinvocation } from './reinvocation.ts'
import type { WebhookComponents } from './validating-webhooks.ts'
import type { Webhook } from './webhook.ts'
import { internalError, WebhookCallError } from './webhook-errors.ts'

/**
 * Has webhooks change what is about to be written, one after the other (k8s.io/apiserver, webhook/mutating). In a second round only
 * those are asked that want to be when others have changed the object after them.
 */
export class MutatingWebhooks implements AdmissionPlugin {
  readonly #components: WebhookComponents

  constructor(components: WebhookComponents) {
    this.#components = components
  }

  async mutate(given: AdmissionRequest, rounds: AdmissionRounds): Promise<KubeObject | undefined> {
    const { webhooks } = this.#components.configurations
    if (webhooks.length === 0 || isExempt(given)) return undefined
    let request = withNamespace(given)
    const reinvocation = this.#reinvocation(rounds)
    if (rounds.isSecond && !isDeepStrictEqual(reinvocation.left, request.object)) reinvocation.changed()
    let versions = new RequestVersions(this.#components.versions, request)
    for (const webhook of webhooks) {
      const matched = await this.#components.caller.matchedVersion(webhook, request, versions)
      if (!matched || (rounds.isSecond && !reinvocation.wants(webhook))) continue
      const object = await this.#attempt(webhook, request, versions, matched)
      if (object && !isDeepStrictEqual(object, request.object)) {
        requireNamespace(object, given)
        request = { ...request, object }
        versions = new RequestVersions(this.#components.versions, request)
        reinvocation.changed()
        rounds.wantSecond()
      }
      if (webhook.isReinvoked) reinvocation.asked(webhook)
    }
    reinvocation.left = request.object
    return request.object
  }

  #reinvocation({ memory }: AdmissionRounds): Reinvocation {
    const known = memory.get(this) as Reinvocation | undefined
    const reinvocation = known ?? new Reinvocation()
    memory.set(this, reinvocation)
    return reinvocation
  }

  #attempt(webhook: Webhook, request: AdmissionRequest, versions: RequestVersions, matched: ServedResource) {
    const work = () => this.#changed(webhook, request, versions, matched)
    return this.#components.caller.attempt(webhook, request, { type: 'admit', work })
  }

  /**
   * What one webhook makes of the object, in the version of the request and with its defaults.
   *
   * @throws WebhookCallError
   */
  async #changed(
    webhook: Webhook,
    request: AdmissionRequest,
    versions: RequestVersions,
    matched: ServedResource,
  ): Promise<KubeObject | undefined> {
    const { caller } = this.#components
    const response = await caller.ask(webhook, request, { versions, matched, isMutating: true })
    if (response.patch === '') return undefined
    const patch = parsePatch(response.patch)
    if (patch.length === 0) return undefined
    const { object } = versions.in(matched)
    if (!object) {
      const name = JSON.stringify(webhook.name)
      throw internalError(
        `admission webhook ${name} attempted to modify the object, which is not supported for this operation`,
      )
    }
    const { objectKind } = request
    if (objectKind) return patched(object, patch, (bytes) => decodedPart(bytes, objectKind))
    const decode = (bytes: Buffer) => matched.decode(bytes, 'application/json', 'Ignore').object as KubeObject
    return converted(patched(object, patch, decode), matched, versions.own)
  }
}

/** @throws WebhookCallError */
function parsePatch(text: string): readonly JsonValue[] {
  let patch: unknown
  try {
    patch = JSON.parse(text)
  } catch (error) {
    throw undecodable(error instanceof Error ? error.message : String(error))
  }
  if (Array.isArray(patch)) return patch
  throw undecodable('json: cannot unmarshal value into Go value of type jsonpatch.Patch')
}

function undecodable(detail: string): WebhookCallError {
  return new WebhookCallError(`received undecodable patch in webhook response: ${detail}`)
}

/** @throws StatusError InternalError: that a patch does not fit is nothing that the client could mend */
function patched(
  object: KubeObject,
  patch: readonly JsonValue[],
  decode: (bytes: Buffer) => KubeObject,
): KubeObject {
  try {
    const bytes = Buffer.from(JSON.stringify(applyJsonPatch(object, patch)))
    return decode(bytes)
  } catch (error) {
    if (error instanceof StatusError) throw internalError(error.message)
    throw error
  }
}

function decodedPart(bytes: Buffer, { group, version, kind }: ObjectKind): KubeObject {
  const apiVersion = group === '' ? version : `${group}/${version}`
  return decodeBody(bytes, 'application/json', { apiVersion, kind }, 'Ignore').object as KubeObject
}

/** @throws StatusError BadRequest when the object would go elsewhere than the client was allowed to write */
function requireNamespace({ metadata }: KubeObject, { object }: AdmissionRequest): void {
  if ((metadata.namespace ?? '') === (object?.metadata.namespace ?? '')) return
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}
