import { randomUUID } from 'node:crypto'
import type { Logger } from '../../../common/log.ts'
import { StatusError } from '../../api/status.ts'
import { forbiddenObject } from '../../rbac/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { AdmissionRequest } from '../admission.ts'
import { activation } from '../cel/activation.ts'
import { ExpressionFailure } from '../cel/expression.ts'
import { requestFields } from '../cel/request-value.ts'
import { namespaceMatches, objectMatches, type RequestVersions, ruleMatches } from '../match/index.ts'
import type { NamespaceSource } from '../namespace-lifecycle.ts'
import { admissionReview, type ReviewResponse, reviewResponse } from './admission-review.ts'
import type { Webhook } from './webhook.ts'
import type { WebhookCall, WebhookClient } from './webhook-client.ts'
import { callFailed, dryRunUnsupported, WebhookCallError, WebhookDenial } from './webhook-errors.ts'

export interface WebhookCallerComponents {
  readonly log: Logger
  readonly namespaces: NamespaceSource
  readonly client: WebhookClient
}

/** What webhooks of both kinds have in common: whether one is to be asked, and what to make of its answer. */
export class WebhookCaller {
  readonly #components: WebhookCallerComponents

  constructor(components: WebhookCallerComponents) {
    this.#components = components
  }

  /**
   * The version of the resource in which a webhook is to be asked about a request; undefined when it is not.
   *
   * @throws StatusError
   */
  async matchedVersion(
    webhook: Webhook,
    request: AdmissionRequest,
    versions: RequestVersions,
  ): Promise<ServedResource | undefined> {
    const matched = versionOf(webhook, request, versions)
    if (!matched) return undefined
    const { namespaces } = this.#components
    if (!objectMatches(webhook.objectSelector, request)) return undefined
    if (!namespaceMatches(webhook.namespaceSelector, request, namespaces)) return undefined
    const { conditions } = webhook
    if (conditions.isEmpty) return matched
    const fields = requestFields(request, matched)
    await versions.prepare(matched)
    const objects = versions.in(matched)
    try {
      return conditions.match(activation({ ...objects, request: fields })) ? matched : undefined
    } catch (error) {
      if (error instanceof ExpressionFailure) throw forbiddenObject(request, request.name, error.message)
      throw error
    }
  }

  /**
   * Asks a webhook. Undefined when it could not be asked and need not be.
   *
   * @throws StatusError when it does not allow the request, or could not be asked
   */
  async ask(
    webhook: Webhook,
    request: AdmissionRequest,
    { versions, matched, isMutating }: AskOptions,
  ): Promise<ReviewResponse | undefined> {
    if (request.dryRun && !webhook.allowsDryRun) throw dryRunUnsupported(webhook.name)
    try {
      const response = await this.#call(webhook, request, { versions, matched, isMutating })
      for (const warning of response.warnings) request.warn(warning)
      if (!response.isAllowed) throw new WebhookDenial(webhook.name, response.status)
      return response
    } catch (error) {
      if (!(error instanceof WebhookCallError)) throw error
      this.failed(webhook, request, error)
      return undefined
    }
  }

  /** @throws StatusError unless the webhook may fail */
  failed(webhook: Webhook, { signal }: AdmissionRequest, error: WebhookCallError): void {
    if (!webhook.ignoresFailures) throw callFailed(webhook.name, error)
    if (signal.aborted)
      throw new StatusError('Timeout', 'Timeout: request did not complete within requested timeout')
    this.#components.log.warn(
      { webhook: webhook.id, err: error },
      'a webhook has failed, its answer is not waited for',
    )
  }

  async #call(
    webhook: Webhook,
    request: AdmissionRequest,
    { versions, matched, isMutating }: AskOptions,
  ): Promise<ReviewResponse> {
    const { reviewVersion, clientConfig: config, timeoutSeconds } = webhook
    if (!reviewVersion) {
      const detail = 'webhook does not accept known AdmissionReview versions (v1, v1beta1)'
      throw new WebhookCallError(`could not create admission objects: ${detail}`)
    }
    const uid = randomUUID()
    await versions.prepare(matched)
    const objects = versions.in(matched)
    const body = admissionReview(request, { uid, reviewVersion, matched, objects })
    const { signal } = request
    const answer = await this.#answer({ config, body, timeoutSeconds, signal })
    return reviewResponse(answer, { uid, reviewVersion, isMutating })
  }

  async #answer(call: WebhookCall): Promise<unknown> {
    try {
      return await this.#components.client.call(call)
    } catch (error) {
      if (!(error instanceof WebhookCallError)) throw error
      throw new WebhookCallError(`failed to call webhook: ${error.message}`, { cause: error })
    }
  }
}

export interface AskOptions {
  readonly versions: RequestVersions
  readonly matched: ServedResource
  readonly isMutating: boolean
}

/** The version of the request if there is a rule about it; else that which the first rule is about that is about any. */
function versionOf(
  { rules, matchesEquivalents }: Webhook,
  request: AdmissionRequest,
  versions: RequestVersions,
): ServedResource | undefined {
  if (rules.some((rule) => ruleMatches(rule, request))) return versions.own
  if (!matchesEquivalents) return undefined
  for (const rule of rules) {
    const found = versions.others.find(({ group, version, resource }) =>
      ruleMatches(rule, { ...request, group, version, resource }),
    )
    if (found) return found
  }
  return undefined
}
