import { createHash, randomInt } from 'node:crypto'
import type { ApiClient, ApiReply, Json } from '../../support/api-client.ts'

export const NAMESPACE = 'crash'
export const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`

/** Changed while nobody else writes: who has been told of it has been told of everything. */
export const MARKER = 'marker'

const MAX_TEXT_BYTES = 4_096

/** What an object may be after a crash: undefined when there is none. */
type Content = string | undefined

/** One object and the one client that writes it, which waits for each answer: at most its last write is in doubt. */
interface Entry {
  readonly name: string
  acknowledged: Content
  /** What the write without an answer would have made of it. */
  inDoubt?: { readonly content: Content }
}

/** Everything that the server has acknowledged, and what it may have done besides. */
export class Ledger {
  readonly #entries: Entry[] = []
  /** Of all writes that were acknowledged with one. */
  readonly revisions = new Set<number>()
  acknowledgements = 0

  /** The highest that the server has ever shown. */
  #lastRevision = 0
  /** As far as the versions had come when the server was started. */
  #startRevision = 0

  /** Creates, changes and deletes objects of its own, one after the other, until the server is gone. */
  async write(client: ApiClient, onAcknowledged: () => void): Promise<void> {
    const own: Entry[] = []
    for (;;) {
      const entry = own[randomInt(own.length + 1)] ?? this.#add(own)
      const content = entry.acknowledged !== undefined && randomInt(4) === 0 ? undefined : newContent()
      entry.inDoubt = { content }
      let reply: ApiReply
      try {
        reply = await send(client, entry, content)
      } catch {
        return // nobody knows what has become of it
      }
      if (reply.status >= 300) throw new Error(`${entry.name}: ${reply.text}`)
      this.#acknowledge(entry, content, reply.json)
      onAcknowledged()
    }
  }

  /** What is not as it must be; what was in doubt is settled by what is there. */
  settle(list: Json): string[] {
    const found = new Map<string, Json>(list.items.map((item: Json) => [item.metadata.name, item]))
    const wrong: string[] = []
    for (const entry of this.#entries) {
      const item = found.get(entry.name)
      const content = item && contentOf(item)
      const isExpected = content === entry.acknowledged
      if (!isExpected && !(entry.inDoubt && content === entry.inDoubt.content))
        wrong.push(`${entry.name} is ${content}, was acknowledged as ${entry.acknowledged}`)
      if (item) this.#saw(Number(item.metadata.resourceVersion))
      entry.acknowledged = content
      delete entry.inDoubt
      found.delete(entry.name)
    }
    for (const name of found.keys()) if (!isBeside(name)) wrong.push(`${name} was never written`)
    const revision = Number(list.metadata.resourceVersion)
    if (revision < this.#lastRevision) wrong.push(`version ${revision} is before ${this.#lastRevision}`)
    this.#saw(revision)
    this.#startRevision = revision
    return wrong
  }

  #add(own: Entry[]): Entry {
    const entry: Entry = { name: `object-${this.#entries.length}`, acknowledged: undefined }
    this.#entries.push(entry)
    own.push(entry)
    return entry
  }

  #acknowledge(entry: Entry, content: Content, answer: Json): void {
    entry.acknowledged = content
    delete entry.inDoubt
    this.acknowledgements++
    if (content === undefined) return // the answer is a Status, without a version
    const revision = Number(answer.metadata.resourceVersion)
    if (revision <= this.#startRevision || this.revisions.has(revision))
      throw new Error(`version ${revision} was given twice`)
    this.revisions.add(revision)
    this.#saw(revision)
  }

  #saw(revision: number): void {
    this.#lastRevision = Math.max(this.#lastRevision, revision)
  }
}

/** What an object holds in one text; throws when it is torn: not what any client has written. */
export function contentOf({ metadata, data }: Json): string {
  if (data?.check !== checksum(data?.text ?? '')) throw new Error(`${metadata.name} is torn`)
  return data.text
}

/** Written by nobody whose writes are in the ledger. */
export function isBeside(name: string): boolean {
  return name === 'kube-root-ca.crt' || name === MARKER
}

function newContent(): string {
  return String.fromCharCode(97 + randomInt(26)).repeat(randomInt(1, MAX_TEXT_BYTES))
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function send(client: ApiClient, { name, acknowledged }: Entry, content: Content): Promise<ApiReply> {
  const path = `${CONFIG_MAPS}/${name}`
  if (content === undefined) return client.delete(path)
  const data = { text: content, check: checksum(content) }
  if (acknowledged === undefined) return client.post(CONFIG_MAPS, { metadata: { name }, data })
  return randomInt(2) === 0 ? client.patch(path, { data }) : client.put(path, { metadata: { name }, data })
}
