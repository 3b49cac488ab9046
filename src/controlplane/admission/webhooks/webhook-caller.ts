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
import type { WebhookCallLabels, WebhookMetrics } from './webhook-metrics.ts'

export interface WebhookCallerComponents {
  readonly log: Logger
  readonly namespaces: NamespaceSource
  readonly client: WebhookClient
  /** @default nothing is counted */
  readonly metrics?: WebhookMetrics | undefined
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
   * Carries out all that one webhook is asked for. Undefined when it has failed and may.
   *
   * @throws StatusError when it does not allow the request, or must not fail
   */
  async attempt<T>(
    webhook: Webhook,
    request: AdmissionRequest,
    { type, work }: Attempt<T>,
  ): Promise<T | undefined> {
    const { metrics } = this.#components
    const call: WebhookCallLabels = { name: webhook.name, type, operation: request.operation }
    const start = performance.now()
    const ended = (code: number, rejected: boolean) =>
      metrics?.observeCall(call, { code, rejected, seconds: (performance.now() - start) / 1000 })
    try {
      const result = await work()
      ended(200, false)
      return result
    } catch (error) {
      if (error instanceof WebhookCallError) {
        ended(error.code, !webhook.ignoresFailures)
        this.#failed(webhook, request, call, error)
        return undefined
      }
      const [errorType, code] =
        error instanceof WebhookDenial
          ? (['no_error', error.httpStatus] as const)
          : (['apiserver_internal_error', 0] as const)
      metrics?.observeRejection(call, errorType, code)
      ended(code, true)
      throw error
    }
  }

  /**
   * Asks a webhook.
   *
   * @throws WebhookCallError
   * @throws StatusError when it does not allow the request
   */
  async ask(
    webhook: Webhook,
    request: AdmissionRequest,
    { versions, matched, isMutating }: AskOptions,
  ): Promise<ReviewResponse> {
    if (request.dryRun && !webhook.allowsDryRun) throw dryRunUnsupported(webhook.name)
    const response = await this.#call(webhook, request, { versions, matched, isMutating })
    for (const warning of response.warnings) request.warn(warning)
    if (!response.isAllowed) throw new WebhookDenial(webhook.name, response.status)
    return response
  }

  /** That nobody waits for the answer any more is no failure of the webhook's. @throws StatusError unless the webhook may fail */
  #failed(
    webhook: Webhook,
    { signal }: AdmissionRequest,
    call: WebhookCallLabels,
    error: WebhookCallError,
  ): void {
    const { log, metrics } = this.#components
    if (!webhook.ignoresFailures) {
      if (!signal.aborted) metrics?.observeRejection(call, 'calling_webhook_error', error.code)
      throw callFailed(webhook.name, error)
    }
    if (signal.aborted)
      throw new StatusError('Timeout', 'Timeout: request did not complete within requested timeout')
    metrics?.observeFailOpen(call)
    log.warn({ webhook: webhook.id, err: error }, 'a webhook has failed, its answer is not waited for')
  }

  async #call(
    webhook: Webhook,
    request: AdmissionRequest,
    { versions, matched, isMutating }: AskOptions,
  ): Promise<ReviewResponse> {
    const { reviewVersion, clientConfig: config, timeoutSeconds } = webhook
    if (!reviewVersion) {
      const detail = 'webhook does not accept known AdmissionReview versions (v1, v1beta1)'
      throw new WebhookCallError(`could not create admission objects: ${detail}`, { code: 400 })
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
      throw new WebhookCallError(`failed to call webhook: ${error.message}`, {
        code: error.code,
        cause: error,
      })
    }
  }
}

export interface Attempt<T> {
  readonly type: WebhookCallLabels['type']
  /** Throws a WebhookCallError when the webhook fails. */
  work(): Promise<T>
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
