import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import type { RecordedCall } from '../../support/recorded-clients.ts'
import type { Server } from './servers.ts'

export interface Answered {
  readonly status: number | undefined
  readonly answered: string | undefined
}

/** In place of bodies that were too long to be recorded whole. */
const RECONSTRUCTED: Readonly<Record<string, unknown>> = {
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions': {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'clustermanagers.operator.open-cluster-management.io' },
    spec: {
      group: 'operator.open-cluster-management.io',
      names: {
        kind: 'ClusterManager',
        listKind: 'ClusterManagerList',
        plural: 'clustermanagers',
        singular: 'clustermanager',
      },
      scope: 'Cluster',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  },
  '/apis/rbac.authorization.k8s.io/v1/clusterroles': {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'cluster-manager' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
  },
}

/** What kubectl's migration to server-side apply says of what it has read. */
const VERSION_IN_PATCH = /("path":"\/metadata\/resourceVersion","value":)"\d+"/

/** Sends what clients sent, one after the other. What they had from earlier answers is taken from ours. */
export class ClientReplay {
  readonly #server: Server
  readonly #tags = new Map<string, string>()
  /** Of what was read or written last, by its path. */
  readonly #versions = new Map<string, string>()
  #openApiPaths: Readonly<Record<string, { readonly serverRelativeURL: string }>> = {}

  constructor(server: Server) {
    this.#server = server
  }

  async send({ request, status, answered }: RecordedCall): Promise<Answered> {
    const { method, headers } = request
    const tag = this.#tags.get(keyOf(request))
    const reply = await this.#server.admin.open({
      method,
      path: this.#pathOf(request.path),
      // Not recorded, but the only way to that answer.
      headers: { ...headers, ...(status === 304 && tag !== undefined && { 'if-none-match': tag }) },
      body: this.#bodyOf(request),
    })
    if (/[?&]watch=true/.test(request.path)) reply.destroy()
    else await this.#keep(request, reply)
    const ours = reply.headers['content-type']
    return { status: reply.statusCode, answered: answered === undefined ? undefined : ours }
  }

  async #keep(request: RecordedCall['request'], reply: IncomingMessage): Promise<void> {
    const bytes = await buffer(reply)
    const { etag } = reply.headers
    if (etag) this.#tags.set(keyOf(request), etag)
    if (reply.statusCode !== 200) return
    const text = () => (reply.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
    if (request.path.startsWith('/openapi/v3?')) this.#openApiPaths = JSON.parse(text()).paths
    if (reply.headers['content-type'] !== 'application/json') return
    const version = JSON.parse(text()).metadata?.resourceVersion
    if (version) this.#versions.set(withoutQuery(request.path), version)
  }

  #bodyOf({ path, body, bodyBase64, truncatedFrom }: RecordedCall['request']): unknown {
    if (truncatedFrom !== undefined) return RECONSTRUCTED[path]
    if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, 'base64')
    const version = this.#versions.get(withoutQuery(path))
    return body?.replace(VERSION_IN_PATCH, (_, before) => `${before}${JSON.stringify(version)}`)
  }

  #pathOf(recorded: string): string {
    const path = withoutQuery(recorded)
    const hashed = this.#openApiPaths[path.replace('/openapi/v3/', '')]?.serverRelativeURL
    if (hashed !== undefined) return hashed
    return recorded.replace(/resourceVersion=\d+/, `resourceVersion=${this.#versions.get(path)}`)
  }
}

function keyOf({ path, headers }: RecordedCall['request']): string {
  return `${path} ${headers.accept}`
}

function withoutQuery(path: string): string {
  return path.split('?', 1)[0] as string
}
