import { readFileSync } from 'node:fs'

export interface RecordedCall {
  /** Such as `kubectl apply (create)`. */
  readonly client: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
    /** Instead of `body`, for protobuf. */
    readonly bodyBase64?: string
    /** How long the body was of which only the beginning is there. */
    readonly truncatedFrom?: number
  }
  readonly status: number
  /** The content type, but for 304. */
  readonly answered?: string
}

/** What clients sent to a real kube-apiserver, in order, and the status that they got (test/fixtures/README.md). */
export function recordedCalls(): RecordedCall[] {
  const file = new URL('../fixtures/recorded-clients.jsonl', import.meta.url)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as RecordedCall)
}
