import { randomUUID } from 'node:crypto'
import { StatusError } from '../../api/status.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { Conversion, WebhookClientConfig } from '../definition/definition.ts'
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

export interface WebhookConverterOptions {
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
  readonly #calls: ConversionCalls
  readonly #config: WebhookClientConfig
  readonly #reviewVersions: readonly string[]
  readonly #listKind: string

  constructor(
    components: { readonly calls: ConversionCalls },
    { conversion: { webhook }, listKind }: WebhookConverterOptions,
  ) {
    const config = webhook?.clientConfig ?? {}
    const { caBundle, ...rest } = config
    // What has nothing in it but spaces counts as none.
    const hasBundle = caBundle && Buffer.from(caBundle, 'base64').toString().trim() !== ''
    this.#calls = components.calls
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
      const converted = await this.#convertPortion(portion, apiVersion, objects.length > 1)
      for (const [index, object] of portion.entries()) results.set(object, converted[index] as KubeObject)
    }
    return objects.map((object) => results.get(object) ?? object)
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
      throw failed(`${subject} returned ${answered.length} objects, expected ${objects.length}`)
    return objects.map((object, index) => {
      try {
        return acceptConverted(object, answered[index], apiVersion)
      } catch (error) {
        if (!(error instanceof ConvertedObjectProblem)) throw error
        const what = isList ? IN_LIST[error.part](index) : ALONE[error.part]
        throw failed(`${subject} returned ${what}: ${error.message}`)
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
      return convertedObjects(await this.#calls.call(call), { version, uid })
    } catch (error) {
      if (!(error instanceof Error)) throw error
      throw failed(
        `${subject} failed: ${error.message}`,
        error instanceof ConversionProblem ? undefined : error,
      )
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

function failed(what: string, cause?: Error): StatusError {
  return internalError(`conversion webhook for ${what}`, cause)
}

function internalError(message: string, cause?: Error): StatusError {
  return new StatusError('InternalError', message, {}, cause && { cause })
}
