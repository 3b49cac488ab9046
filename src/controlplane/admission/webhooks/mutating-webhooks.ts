import { isDeepStrictEqual } from 'node:util'
import { parseExactJson } from '../../../common/exact-json.ts'
import type { JsonValue } from '../../api/json.ts'
import { StatusError } from '../../api/status.ts'
import { applyJsonPatch } from '../../patch/index.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { AdmissionPlugin, AdmissionRequest, AdmissionRounds } from '../admission.ts'
import { decodeChanged, requireSameNamespace } from '../changed-object.ts'
import { converted, isExempt, RequestVersions, withNamespace } from '../match/index.ts'
import { Reinvocation } from '../reinvocation.ts'
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
    const reinvocation = Reinvocation.of(this, rounds, request.object)
    let versions = new RequestVersions(this.#components.versions, request)
    for (const webhook of webhooks) {
      const matched = await this.#components.caller.matchedVersion(webhook, request, versions)
      if (!matched || (rounds.isSecond && !reinvocation.wants(webhook))) continue
      const object = await this.#attempt(webhook, request, versions, matched)
      if (object && !isDeepStrictEqual(object, request.object)) {
        requireSameNamespace(object, given)
        request = { ...request, object }
        versions = new RequestVersions(this.#components.versions, request)
        reinvocation.changed()
        rounds.wantSecond()
      }
      if (webhook.isReinvoked) reinvocation.asked(webhook)
    }
    reinvocation.leave(request.object)
    return request.object
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
    const changed = patched(object, patch, request, matched)
    return request.objectKind ? changed : converted(changed, matched, versions.own)
  }
}

/** @throws WebhookCallError */
function parsePatch(text: string): readonly JsonValue[] {
  let patch: unknown
  try {
    patch = parseExactJson(text)
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
  request: AdmissionRequest,
  matched: ServedResource,
): KubeObject {
  try {
    return decodeChanged(applyJsonPatch(object, patch), request, { matched, fieldValidation: 'Ignore' })
  } catch (error) {
    if (error instanceof StatusError) throw internalError(error.message)
    throw error
  }
}
