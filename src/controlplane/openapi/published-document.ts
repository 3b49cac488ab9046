import { createHash } from 'node:crypto'

/** A document as it is sent. */
export interface PublishedDocument {
  readonly body: Buffer
  /** SHA-512 of the body in upper-case hexadecimal digits; without the quotes of an ETag. */
  readonly hash: string
}

export function publish(body: Buffer): PublishedDocument {
  return { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() }
}

/** An object of JSON, of members that are JSON text already. */
export function joinMembers(members: Iterable<readonly [name: string, text: string]>): string {
  return `{${Array.from(members, ([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
}

export function byKey(one: readonly [string, unknown], other: readonly [string, unknown]): number {
  if (one[0] === other[0]) return 0
  return one[0] < other[0] ? -1 : 1
}
