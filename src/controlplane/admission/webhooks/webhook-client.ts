import { parseExactJson } from '../../../common/exact-json.ts'
import type { Agent } from '../../../common/undici.ts'
import type { ClientConfig } from '../../kinds/admissionregistration/index.ts'
import { callProblem, statusProblem } from './call-problem.ts'
import type { ServiceResolver } from './service-resolver.ts'
import { WebhookCallError } from './webhook-errors.ts'

export interface WebhookCall {
  readonly config: ClientConfig & { readonly caBundle?: string }
  readonly body: unknown
  readonly timeoutSeconds: number
  /** Aborted when the answer is of no use any more. @default never */
  readonly signal?: AbortSignal | undefined
}

export interface WebhookClientOptions {
  /** An answer that is larger is none. @default enough for what an admission webhook can have to say */
  readonly mostResponseBytes?: number
  /** @default that of admission */
  readonly userAgent?: string
}

type Http = typeof import('../../../common/undici.ts')

/** Where a webhook is, in the words that errors use, and where to connect to. */
interface Destination {
  readonly url: URL
  readonly origin: string
  /** The name that its certificate must have; undefined where that is the host. */
  readonly serverName: string | undefined
}

const HTTPS_PORT = 443
const MOST_AGENTS = 200
/** More than twice of what the largest patch of the largest object needs. */
const MOST_RESPONSE_BYTES = 8 * 1024 * 1024
const USER_AGENT = 'kube-apiserver-admission'

/**
 * Asks webhooks over HTTPS. Other than the original it follows no redirects, so that nobody makes it ask somebody else, and reads
 * no answers without end. Owns its connections.
 */
export class WebhookClient {
  readonly #services: ServiceResolver
  readonly #mostResponseBytes: number
  readonly #userAgent: string
  /** By where they lead, the one that was used last at the end. */
  readonly #agents = new Map<string, Agent>()

  constructor(components: { readonly services: ServiceResolver }, options: WebhookClientOptions = {}) {
    this.#services = components.services
    this.#mostResponseBytes = options.mostResponseBytes ?? MOST_RESPONSE_BYTES
    this.#userAgent = options.userAgent ?? USER_AGENT
  }

  /**
   * What a webhook answers, parsed.
   *
   * @throws WebhookCallError
   */
  async call({ config, body, timeoutSeconds, signal }: WebhookCall): Promise<unknown> {
    const { url, origin, serverName } = this.#destination(config)
    url.searchParams.set('timeout', `${timeoutSeconds}s`)
    const deadline = AbortSignal.timeout(timeoutSeconds * 1000)
    const http = await import('../../../common/undici.ts') // no start waits for it: many clusters have no webhooks
    try {
      const agent = this.#agent(http, origin, serverName, config.caBundle ?? '')
      const response = await agent.request({
        origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: {
          host: url.port === '' ? `${url.hostname}:${HTTPS_PORT}` : url.host,
          'content-type': 'application/json',
          accept: 'application/json, */*',
          'user-agent': this.#userAgent,
        },
        body: JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      })
      const text = await response.body.text()
      const problem = statusProblem(response.statusCode, text, response.headers['content-type'])
      if (problem !== undefined) throw new WebhookCallError(problem, { code: response.statusCode })
      return parsed(text, response.headers['content-type'])
    } catch (error) {
      if (error instanceof WebhookCallError) throw error
      const tooLarge = error instanceof http.errors.ResponseExceededMaxSizeError
      const what = tooLarge
        ? `the response is larger than ${this.#mostResponseBytes} bytes`
        : describe(error, url, deadline)
      throw new WebhookCallError(what, { cause: error })
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const agents = [...this.#agents.values()]
    this.#agents.clear()
    await Promise.all(agents.map((agent) => agent.destroy()))
  }

  #destination({ url, service }: ClientConfig): Destination {
    if (!service) {
      const parsedUrl = parsedAddress(url ?? '')
      return { url: parsedUrl, origin: parsedUrl.origin, serverName: undefined }
    }
    const { namespace, name, path = '', port = HTTPS_PORT } = service
    const serverName = `${name}.${namespace}.svc`
    const wanted = parsedAddress(`https://${serverName}:${port}`)
    wanted.pathname = path
    try {
      const address = this.#services.resolve(namespace, name, port)
      const host = address.host.includes(':') ? `[${address.host}]` : address.host
      return { url: wanted, origin: `https://${host}:${address.port}`, serverName }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new WebhookCallError(`Post ${quoted(wanted)}: ${reason}`)
    }
  }

  #agent(http: Http, origin: string, serverName: string | undefined, caBundle: string): Agent {
    const key = JSON.stringify([origin, serverName, caBundle])
    let agent = this.#agents.get(key)
    this.#agents.delete(key)
    agent ??= new http.Agent({
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: this.#mostResponseBytes,
      connect: {
        ...(serverName === undefined ? {} : { servername: serverName }),
        ...(caBundle === '' ? {} : { ca: Buffer.from(caBundle, 'base64').toString() }),
      },
    })
    this.#agents.set(key, agent)
    if (this.#agents.size > MOST_AGENTS) this.#forgetOldest()
    return agent
  }

  #forgetOldest(): void {
    const [oldest] = this.#agents
    if (!oldest) return
    this.#agents.delete(oldest[0])
    void oldest[1].close()
  }
}

function parsed(text: string, contentType: string | string[] | undefined): unknown {
  if (text === '') {
    const what = `0-length response with status code: 200 and content type: ${contentType ?? ''}`
    throw new WebhookCallError(what)
  }
  try {
    return parseExactJson(text)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    const what = `couldn't get version/kind; json parse error: ${detail}`
    throw new WebhookCallError(what)
  }
}

function describe(error: unknown, url: URL, deadline: AbortSignal): string {
  const problem = deadline.aborted ? 'context deadline exceeded' : callProblem(error)
  return `Post ${quoted(url)}: ${problem}`
}

/** With its port, as the original prints it. */
function quoted(url: URL): string {
  const path = url.pathname === '/' && url.search === '' ? '' : `${url.pathname}${url.search}`
  const port = url.port === '' && url.hostname.endsWith('.svc') ? `:${HTTPS_PORT}` : ''
  return JSON.stringify(`${url.protocol}//${url.host}${port}${path}`)
}

/** What passes as a URL, or as the name of a service, may still be no address. */
function parsedAddress(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new WebhookCallError(`Unparsable URL: ${text}`, { code: 500 })
}
