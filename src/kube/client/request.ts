/** Values that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Begins with a slash: `/apis/…`. */
  readonly path: string
  readonly query?: Query
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown
  /** Of the body. @default 'application/json' */
  readonly contentType?: string
  /** @default 'application/json' */
  readonly accept?: string
  /** For each attempt; the wait for its turn does not count. @default the client's */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** An answer as it came; its status is below 300. */
export interface KubeAnswer {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

/** For errors and logs. The query is left out: it says little, and is long. */
export function titleOf({ method, path }: Pick<KubeRequest, 'method' | 'path'>): string {
  return `${method} ${path}`
}

/** With its question mark; empty if there is nothing to ask. */
export function queryText(query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const each of Array.isArray(value) ? value : [value]) params.append(name, String(each))
  }
  return params.size === 0 ? '' : `?${params}`
}
