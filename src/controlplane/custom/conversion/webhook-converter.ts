import { randomUUID } from 'node:crypto'
import { StatusError } from '../../api/status.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { Conversion, WebhookClientConfig } from '../definition/definition.ts'
import type { ConversionFailure, ConversionMetrics } from './conversion-metrics.ts'
import {
  ConversionProblem,
  conversionReview,
  convertedObjects,
  kindText,
  reviewVersionOf,
} from './conversion-review.ts'
import { acceptConverted, ConvertedObjectProblem, type ConvertedPart } from './converted-object.ts'

/** Asks a webhook, and gives its answer, parsed. Rejects with an Error that says why there is none. */
export interface ConversionCalls {
  call(call: {
    readonly config: WebhookClientConfig
    readonly body: unknown
    readonly timeoutSeconds: number
  }): Promise<unknown>
}

export interface WebhookConverterComponents {
  readonly calls: ConversionCalls
  /** @default nothing is counted */
  readonly metrics?: ConversionMetrics | undefined
}

export interface WebhookConverterOptions {
  /** The name of the definition. */
  readonly definition: string
  /** Of a valid definition with the strategy Webhook. */
  readonly conversion: Conversion
  readonly listKind: string
}

const TIMEOUT_SECONDS = 30
/** So many objects, and as much of them in JSON, are asked about at once. */
const MOST_TOGETHER = 500
const MOST_CHARACTERS_TOGETHER = 4 * 1024 * 1024

/** What is wrong with an object that was asked about alone, or in a list. */
const ALONE = {
  type: 'invalid object at index 0',
  identity: 'invalid object',
  metadata: 'invalid metadata',
} satisfies Record<ConvertedPart, string>
const IN_LIST = {
  type: (index) => `invalid converted object at index ${index}`,
  identity: (index) => `invalid converted object at index ${index}`,
  metadata: (index) => `invalid metadata in object at index ${index}`,
} satisfies Record<ConvertedPart, (index: number) => string>

/**
 * Has a webhook convert custom objects (apiextensions-apiserver, pkg/apiserver/conversion). Other than the original, which asks about
 * each object on its own when it reads them, it asks about those of a list together.
 */
export class WebhookConverter {
  readonly #components: WebhookConverterComponents
  readonly #definition: string
  readonly #config: WebhookClientConfig
  readonly #reviewVersions: readonly string[]
  readonly #listKind: string

  constructor(
    components: WebhookConverterComponents,
    { definition, conversion: { webhook }, listKind }: WebhookConverterOptions,
  ) {
    const config = webhook?.clientConfig ?? {}
    const { caBundle, ...rest } = config
    // What has nothing in it but spaces counts as none.
    const hasBundle = caBundle && Buffer.from(caBundle, 'base64').toString().trim() !== ''
    this.#components = components
    this.#definition = definition
    this.#config = hasBundle ? config : rest
    this.#reviewVersions = webhook?.conversionReviewVersions ?? []
    this.#listKind = listKind
  }

  /**
   * The objects in another version, in their order. Those that are in it already are given back as they are.
   *
   * @throws StatusError InternalError
   */
  async convert(objects: readonly KubeObject[], apiVersion: string): Promise<readonly KubeObject[]> {
    const others = objects.filter((object) => object.apiVersion !== apiVersion)
    if (others.length === 0) return objects
    const results = new Map<KubeObject, KubeObject>()
    for (const portion of portionsOf(others)) {
      const converted = await this.#observed(portion, apiVersion, objects.length > 1)
      for (const [index, object] of portion.entries()) results.set(object, converted[index] as KubeObject)
    }
    return objects.map((object) => results.get(object) ?? object)
  }

  async #observed(
    objects: readonly KubeObject[],
    apiVersion: string,
    isList: boolean,
  ): Promise<readonly KubeObject[]> {
    const start = performance.now()
    let failure: ConversionFailure | undefined = 'conversion_webhook_call_failure'
    try {
      const converted = await this.#convertPortion(objects, apiVersion, isList)
      failure = undefined
      return converted
    } catch (error) {
      if (error instanceof FailedConversion) failure = error.failure
      throw error
    } finally {
      this.#components.metrics?.observe({
        definition: this.#definition,
        fromVersion: versionOf(objects[0]?.apiVersion ?? ''),
        toVersion: versionOf(apiVersion),
        failure,
        seconds: (performance.now() - start) / 1000,
      })
    }
  }

  async #convertPortion(
    objects: readonly KubeObject[],
    apiVersion: string,
    isList: boolean,
  ): Promise<readonly KubeObject[]> {
    const [first] = objects as readonly [KubeObject]
    const subject = isList ? kindText(apiVersion, this.#listKind) : kindText(first.apiVersion, first.kind)
    const answered = await this.#ask(objects, apiVersion, subject)
    if (answered.length !== objects.length)
      throw new FailedConversion(
        isList
          ? 'conversion_webhook_partial_response_failure'
          : 'conversion_webhook_no_objects_returned_failure',
        `${subject} returned ${answered.length} objects, expected ${objects.length}`,
      )
    return objects.map((object, index) => {
      try {
        return acceptConverted(object, answered[index], apiVersion)
      } catch (error) {
        if (!(error instanceof ConvertedObjectProblem)) throw error
        const what = isList ? IN_LIST[error.part](index) : ALONE[error.part]
        throw new FailedConversion(
          'conversion_webhook_invalid_converted_object_failure',
          `${subject} returned ${what}: ${error.message}`,
        )
      }
    })
  }

  async #ask(objects: readonly KubeObject[], apiVersion: string, subject: string) {
    const version = reviewVersionOf(this.#reviewVersions)
    if (!version) throw internalError('no supported conversion review versions')
    const uid = randomUUID()
    const body = conversionReview(version, { uid, desiredAPIVersion: apiVersion, objects })
    try {
      const call = { config: this.#config, body, timeoutSeconds: TIMEOUT_SECONDS }
      return convertedObjects(await this.#components.calls.call(call), { version, uid })
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const what = `${subject} failed: ${error.message}`
      if (error instanceof ConversionProblem)
        throw new FailedConversion('conversion_webhook_malformed_response_failure', what)
      throw new FailedConversion('conversion_webhook_call_failure', what, error)
    }
  }
}

/** Objects in their order, no more of them together than may be. */
function* portionsOf(objects: readonly KubeObject[]): Generator<readonly KubeObject[]> {
  let portion: KubeObject[] = []
  let characters = 0
  for (const object of objects) {
    const length = JSON.stringify(object).length
    if (
      portion.length === MOST_TOGETHER ||
      (portion.length > 0 && characters + length > MOST_CHARACTERS_TOGETHER)
    ) {
      yield portion
      portion = []
      characters = 0
    }
    portion.push(object)
    characters += length
  }
  yield portion
}

/** The error of a webhook that has not done as it was asked, and what metrics call that. */
class FailedConversion extends StatusError {
  readonly failure: ConversionFailure

  constructor(failure: ConversionFailure, what: string, cause?: Error) {
    super('InternalError', `conversion webhook for ${what}`, {}, cause && { cause })
    this.failure = failure
  }
}

function internalError(message: string): StatusError {
  return new StatusError('InternalError', message)
}

function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1)
}
