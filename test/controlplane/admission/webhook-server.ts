import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import type { Json } from '../../support/api-client.ts'

type Respond = (review: Json, request: IncomingMessage, response: ServerResponse) => unknown

interface Authority {
  readonly ca: CertificateAuthority
  readonly key: string
  readonly cert: string
}

let authority: Promise<Authority> | undefined

/** Webhooks that serve over HTTPS on a port of their own; what is answered is decided by path. */
export class WebhookServer {
  /** As clientConfig wants it. */
  readonly caBundle: string
  readonly #server: https.Server
  readonly #handlers = new Map<string, Respond>()
  /** All reviews that have come, with the path of each. */
  readonly reviews: { readonly path: string; readonly headers: Json; readonly review: Json }[] = []

  static async start(): Promise<WebhookServer> {
    authority ??= makeAuthority()
    const { ca, key, cert } = await authority
    const hook = new WebhookServer(ca.certificatePem, { key, cert })
    await new Promise<void>((resolve) => hook.#server.listen(0, '127.0.0.1', resolve))
    return hook
  }

  private constructor(caPem: string, tls: https.ServerOptions) {
    this.caBundle = Buffer.from(caPem).toString('base64')
    this.#server = https.createServer(tls, (request, response) => void this.#handle(request, response))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Answers with a review that `answer` is the response of, but for its uid; or in whatever way it writes itself. */
  on(path: string, answer: Respond): { readonly url: string; readonly caBundle: string } {
    this.#handlers.set(path, answer)
    return { url: `https://127.0.0.1:${this.port}${path}`, caBundle: this.caBundle }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const review = JSON.parse(Buffer.concat(chunks).toString())
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    this.reviews.push({ path, headers: { ...request.headers, url: request.url }, review })
    const answer = await this.#handlers.get(path)?.(review, request, response)
    if (answer === undefined) return
    const { apiVersion, kind } = review
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ apiVersion, kind, response: { uid: review.request.uid, ...answer } }))
  }
}

/** The response that changes the object. */
export function patching(...operations: object[]): object {
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64')
  return { allowed: true, patchType: 'JSONPatch', patch }
}

async function makeAuthority(): Promise<Authority> {
  const ca = await CertificateAuthority.create({ commonName: 'webhooks' })
  const { certificatePem: cert, privateKeyPem: key } = await ca.issueServerCertificate({
    dnsNames: ['hook.hooks.svc'],
    ipAddresses: ['127.0.0.1'],
  })
  return { ca, key, cert }
}
