import type { IncomingMessage } from 'node:http'
import { parseJson } from '../../common/parse-json.ts'
import { WebhookRequestError } from './webhook-error.ts'

/** Two objects of 3 MiB, the largest there can be, and some more; as controller-runtime has it. */
export const MAX_REVIEW_BYTES = 7 * 1024 * 1024

/** What was posted: a JSON object. Rejects with a WebhookRequestError for anything else. */
export async function readReview(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (request.method !== 'POST') throw new WebhookRequestError(405, 'a review is sent with POST')
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'application/json')
    throw new WebhookRequestError(415, `contentType=${type}, expected application/json`)
  const body = await readBody(request)
  if (body.length === 0) throw new WebhookRequestError(400, 'request body is empty')
  const review = parse(body)
  if (typeof review !== 'object' || review === null || Array.isArray(review))
    throw new WebhookRequestError(400, 'the body is no JSON object')
  return review as Readonly<Record<string, unknown>>
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length']) > MAX_REVIEW_BYTES) throw tooLarge()
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_REVIEW_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

function parse(body: Buffer): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new WebhookRequestError(400, 'the body is no JSON', { cause })
  }
}

function tooLarge(): WebhookRequestError {
  return new WebhookRequestError(413, `request entity is too large; limit is ${MAX_REVIEW_BYTES} bytes`)
}
