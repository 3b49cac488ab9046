import { createHash } from 'node:crypto'
import type { JsonObject } from '../api/json.ts'
import { methodNotAllowed } from '../api/status.ts'
import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  type GroupInfo,
} from '../discovery/index.ts'
import {
  type Answer,
  type ApiRequest,
  negotiate,
  objectAnswer,
  textAnswer,
  type WholeAnswer,
} from '../http/index.ts'

/** Answers requests that are not for objects. */
export type Document = (request: ApiRequest, path: string) => Answer | Promise<Answer>

const AGGREGATED = ['v2', 'v2beta1'].map((version) => ({
  kind: 'APIGroupDiscoveryList' as const,
  group: 'apidiscovery.k8s.io',
  version,
}))

export interface DiscoveryComponents {
  groups(): readonly GroupInfo[]
  /** Where clients reach us, such as `192.0.2.2:6443`. */
  readonly address: string
}

/** What there is: `/api`, `/apis` and all below them. Undefined for what is not there. */
export function discoveryDocument(
  { groups, address }: DiscoveryComponents,
  { headers }: ApiRequest,
  path: string,
): WholeAnswer | undefined {
  const [root = '', group = '', version = '', ...rest] = path.split('/').slice(1)
  if (rest.length > 0 || (root !== 'api' && root !== 'apis')) return undefined
  const isCore = root === 'api'
  if (group === '') {
    const { as } = negotiate(headers.accept, { formats: ['json', 'yaml'], shown: AGGREGATED })
    if (as)
      return aggregatedAnswer(aggregatedDiscovery(groups(), isCore), as.version, headers['if-none-match'])
    return objectAnswer(200, isCore ? apiVersions(address) : apiGroupList(groups()))
  }
  const info = groups().find((each) => each.group === (isCore ? '' : group))
  if (!isCore && version === '') return info && objectAnswer(200, apiGroup(info))
  const wanted = isCore ? group : version
  if (isCore && version !== '') return undefined
  const found = info?.versions.find((each) => each.version === wanted)
  return info && found && objectAnswer(200, apiResourceList(info.group, found))
}

/** Clients keep it, and only ask whether it is still the same. */
function aggregatedAnswer(document: JsonObject, version: string, known: string | undefined): WholeAnswer {
  const answer = objectAnswer(200, { ...document, apiVersion: `apidiscovery.k8s.io/${version}` })
  const [body] = answer.body
  const etag = `"${createHash('sha512')
    .update(body as Buffer)
    .digest('hex')
    .toUpperCase()}"`
  const headers = { etag, vary: 'Accept', 'cache-control': 'public' }
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
  if (known === etag) return { status: 304, contentType, headers, body: [] }
  return { ...answer, contentType, headers }
}

/** `/healthz` and its like, with `?verbose`, `?exclude=NAME`, and each check by its name below it. */
export function healthDocument(
  checks: Readonly<Record<string, () => string | undefined>>,
  { url }: ApiRequest,
  path: string,
): WholeAnswer | undefined {
  const [, root = '', name = '', ...rest] = path.split('/')
  if (rest.length > 0) return undefined
  if (name !== '') {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (!check) return undefined
    const failure = check()
    return failure === undefined
      ? textAnswer(200, 'ok')
      : textAnswer(500, `internal server error: ${failure}\n`)
  }
  const excluded = url.searchParams.getAll('exclude')
  const results = Object.entries(checks).map(([each, check]) => ({
    name: each,
    failure: excluded.includes(each) ? undefined : check(),
    note: excluded.includes(each) ? 'excluded: ' : '',
  }))
  const failed = results.some(({ failure }) => failure !== undefined)
  const lines = results.map(({ name: each, failure, note }) =>
    failure === undefined ? `[+]${each} ${note}ok\n` : `[-]${each} failed: reason withheld\n`,
  )
  if (failed) return textAnswer(500, `${lines.join('')}${root} check failed\n`)
  return textAnswer(200, url.searchParams.has('verbose') ? `${lines.join('')}${root} check passed\n` : 'ok')
}

/** Only reading makes sense of a document. */
export function requireReading({ method }: ApiRequest): void {
  if (method === 'GET' || method === 'HEAD') return
  throw methodNotAllowed()
}
