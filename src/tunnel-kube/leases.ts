import { z } from 'zod'
import { type KubeClient, parseAnswer } from './kube-client.ts'

/** Unknown fields are kept: an update writes the whole object. */
const leaseSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    resourceVersion: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
    })
    .optional(),
})
const leaseListSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().default('') }).default({ resourceVersion: '' }),
  items: z.array(leaseSchema).nullish(),
})

/** A `coordination.k8s.io/v1` Lease. */
export type Lease = z.infer<typeof leaseSchema>

export interface LeaseList {
  readonly items: readonly Lease[]
  /** Where to begin to watch. */
  readonly resourceVersion: string
}

export interface LeaseEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly lease: Lease
}

export interface WatchOptions {
  readonly labelSelector: string
  readonly resourceVersion: string
  /** After which the API ends the watch. */
  readonly timeoutSeconds: number
}

/** Until when a Lease is valid, in ms since the epoch. One that does not say so never was. */
export function leaseExpiry({ spec }: Lease): number {
  const renewedAt = Date.parse(spec?.renewTime ?? spec?.acquireTime ?? '')
  return Number.isNaN(renewedAt)
    ? Number.NEGATIVE_INFINITY
    : renewedAt + (spec?.leaseDurationSeconds ?? 0) * 1000
}

/** Kubernetes wants exactly six decimals. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}

/** The Leases of one namespace. */
export class Leases {
  readonly #client: KubeClient
  readonly #path: string

  constructor(client: KubeClient, namespace: string) {
    this.#client = client
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`
  }

  async get(name: string, signal?: AbortSignal): Promise<Lease> {
    return parseAnswer(
      leaseSchema,
      await this.#client.request({ method: 'GET', path: this.#pathOf(name), signal }),
    )
  }

  async create(lease: Lease, signal?: AbortSignal): Promise<Lease> {
    const body = withKind(lease)
    return parseAnswer(
      leaseSchema,
      await this.#client.request({ method: 'POST', path: this.#path, body, signal }),
    )
  }

  /** Conflicts unless the Lease is still as it was read. */
  async update(lease: Lease, signal?: AbortSignal): Promise<Lease> {
    const request = {
      method: 'PUT',
      path: this.#pathOf(lease.metadata.name),
      body: withKind(lease),
      signal,
    } as const
    return parseAnswer(leaseSchema, await this.#client.request(request))
  }

  async delete(name: string, signal?: AbortSignal): Promise<void> {
    await this.#client.request({ method: 'DELETE', path: this.#pathOf(name), signal })
  }

  /** Conflicts unless the Lease is still as it was read. */
  async deleteUnchanged({ metadata }: Lease, signal?: AbortSignal): Promise<void> {
    const { name, resourceVersion } = metadata
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion } }
    await this.#client.request({ method: 'DELETE', path: this.#pathOf(name), body, signal })
  }

  async list(labelSelector: string, signal?: AbortSignal): Promise<LeaseList> {
    const request = { method: 'GET', path: this.#path, query: { labelSelector }, signal } as const
    const { items, metadata } = parseAnswer(leaseListSchema, await this.#client.request(request))
    return { items: items ?? [], resourceVersion: metadata.resourceVersion }
  }

  /** See KubeClient.watch. */
  async watch(options: WatchOptions, signal?: AbortSignal): Promise<AsyncIterable<LeaseEvent>> {
    const { labelSelector, resourceVersion, timeoutSeconds } = options
    const events = await this.#client.watch({
      path: this.#path,
      query: {
        labelSelector,
        resourceVersion,
        timeoutSeconds: String(timeoutSeconds),
        allowWatchBookmarks: 'true', // they show that the watch is alive
      },
      signal,
    })
    return leaseEvents(events)
  }

  #pathOf(name: string): string {
    return `${this.#path}/${encodeURIComponent(name)}`
  }
}

async function* leaseEvents(events: Awaited<ReturnType<KubeClient['watch']>>): AsyncGenerator<LeaseEvent> {
  for await (const { type, object } of events) {
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED')
      yield { type, lease: parseAnswer(leaseSchema, object) }
  }
}

function withKind(lease: Lease): object {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...lease }
}
