import type { MetricsSource } from '../../common/http-endpoints.ts'
import type { JsonObject } from '../api/json.ts'
import type { GroupInfo } from '../discovery/index.ts'
import {
  type Answer,
  type ApiRequest,
  objectAnswer,
  pageNotFound,
  textAnswer,
  type WholeAnswer,
} from '../http/index.ts'
import type { OpenApiDocuments } from '../openapi/index.ts'
import {
  JWKS_CONTENT_TYPE,
  JWKS_PATH,
  jsonWebKeySet,
  OPENID_CACHE_CONTROL,
  OPENID_CONFIGURATION_PATH,
  openIdConfiguration,
  type SigningKey,
} from '../service-account-tokens/index.ts'
import { discoveryDocument, healthDocument, requireReading } from './documents.ts'
import { versionDocument } from './version.ts'

export interface DocumentRouterComponents {
  groups(): readonly GroupInfo[]
  readonly key: SigningKey
  readonly metrics: MetricsSource
  readonly openApi: OpenApiDocuments
}

export interface DocumentRouterOptions {
  /** Where clients reach us, such as `192.0.2.2:6443`. */
  readonly address: string
  /** Of service account tokens. */
  readonly issuer: string
  /** This project's, such as `0.1.0`. */
  readonly release: string
}

const HEALTH = ['/healthz', '/livez', '/readyz']

/** Answers requests that are not for objects: discovery, health, version, keys. */
export class DocumentRouter {
  readonly #components: DocumentRouterComponents
  readonly #options: DocumentRouterOptions

  constructor(components: DocumentRouterComponents, options: DocumentRouterOptions) {
    this.#components = components
    this.#options = options
  }

  /** @throws StatusError */
  async handle(request: ApiRequest): Promise<Answer> {
    const path = request.url.pathname.replace(/(.)\/+$/, '$1')
    const answer = await this.#find(request, path)
    if (!answer) return pageNotFound()
    requireReading(request)
    return answer
  }

  async #find(request: ApiRequest, path: string): Promise<WholeAnswer | undefined> {
    const { groups, key, metrics, openApi } = this.#components
    const { address, issuer, release } = this.#options
    if (HEALTH.some((each) => path === each || path.startsWith(`${each}/`)))
      return healthDocument({ ping: () => undefined }, request, path)
    if (path.startsWith('/openapi/')) return openApiAnswer(openApi, request)
    switch (path) {
      case '/':
        return objectAnswer(200, { paths: this.#paths() })
      case '/version':
        return objectAnswer(200, versionDocument(release))
      case OPENID_CONFIGURATION_PATH:
        return openId(openIdConfiguration(key, issuer, address), 'application/json')
      case '/metrics':
        return { ...textAnswer(200, await metrics.metrics()), contentType: metrics.contentType }
      case JWKS_PATH:
        return openId((await jsonWebKeySet(key)) as unknown as JsonObject, JWKS_CONTENT_TYPE)
      default:
        return discoveryDocument({ groups, address }, request, path)
    }
  }

  #paths(): string[] {
    const groups = this.#components
      .groups()
      .flatMap(({ group, versions }) =>
        group === ''
          ? ['/api', ...versions.map(({ version }) => `/api/${version}`)]
          : [`/apis/${group}`, ...versions.map(({ version }) => `/apis/${group}/${version}`)],
      )
    return [
      '/apis',
      ...groups,
      ...HEALTH,
      OPENID_CONFIGURATION_PATH,
      JWKS_PATH,
      '/metrics',
      '/openapi/v2',
      '/openapi/v3',
      '/version',
    ].sort()
  }
}

async function openApiAnswer(
  documents: OpenApiDocuments,
  { url, headers }: ApiRequest,
): Promise<WholeAnswer | undefined> {
  const { accept, 'if-none-match': ifNoneMatch } = headers
  const answer = await documents.answer({ url, accept, ifNoneMatch })
  if (!answer) return undefined
  const { status, contentType = 'text/plain; charset=utf-8', body } = answer
  return { status, contentType, headers: { ...answer.headers }, body: [body] }
}

function openId(document: JsonObject, contentType: string): WholeAnswer {
  return { ...objectAnswer(200, document), contentType, headers: { 'cache-control': OPENID_CACHE_CONTROL } }
}
