import { readFileSync } from 'node:fs'

export interface RecordedRequest {
  /** @default GET */
  readonly method?: string
  readonly path: string
  readonly body?: unknown
  /** The content type of the body. */
  readonly ct?: string
  readonly accept?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly anonymous?: boolean
  readonly as?: unknown
  /** How long a watch was listened to. */
  readonly watchMs?: number
}

export interface RecordedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Parsed where it was JSON; the frames of a watch are a list. */
  readonly body: unknown
}

export interface RecordedExchange {
  readonly name: string
  readonly request: RecordedRequest
  readonly response: RecordedAnswer
}

/** What a real kube-apiserver 1.36 answered, in order (test/fixtures/README.md). */
export function recordedExchanges(): RecordedExchange[] {
  const file = new URL('../fixtures/recorded-kube-apiserver.jsonl', import.meta.url)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as RecordedExchange)
}

export function recordedExchange(name: string): RecordedExchange {
  const exchange = recordedExchanges().find((each) => each.name === name)
  if (!exchange) throw new Error(`nothing was recorded under the name ${JSON.stringify(name)}`)
  return exchange
}
