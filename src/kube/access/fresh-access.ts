import { createSecureContext } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { Clock } from '../clock.ts'
import type { ClusterAccess, ReadAccess } from './cluster-access.ts'

const DEFAULT_MAX_AGE_MS = 10_000

export interface FreshAccessComponents {
  readonly clock: Clock
  readonly log: Logger
  /** `forget` drops what is kept beyond files, such as a plugin's answer. */
  readonly readAccess: ReadAccess & { forget?(): void }
}

export interface FreshAccessOptions {
  /** For how long what was read is taken to be fresh; 0 reads it for every request. @default 10_000 */
  readonly maxAgeMs?: number | undefined
}

/**
 * How to reach the API, read again when some seconds have passed, or when the API refuses what it was shown. What cannot be
 * read any more, such as a file that is half written or a certificate whose key is yet to follow, leaves things as they were.
 *
 * Invariant: two calls return the same object unless something has changed.
 */
export class FreshAccess {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #readAccess: FreshAccessComponents['readAccess']
  readonly #maxAgeMs: number
  #current: ClusterAccess | undefined
  #readAt = 0
  #reading: Promise<ClusterAccess> | undefined
  /** Why the access cannot be read anew. A mistake is reported once, not at every look. */
  #complaint: string | undefined

  constructor({ clock, log, readAccess }: FreshAccessComponents, options: FreshAccessOptions = {}) {
    this.#clock = clock
    this.#log = log
    this.#readAccess = readAccess
    this.#maxAgeMs = options.maxAgeMs ?? DEFAULT_MAX_AGE_MS
  }

  /** Rejects with a ConfigError if it has never been readable. */
  async current(): Promise<ClusterAccess> {
    const age = this.#clock.monotonic() - this.#readAt
    if (this.#current && age < this.#maxAgeMs) return this.#current
    return this.#read()
  }

  /** Reads it now, since `refused` does not do. False when there is nothing else to try. */
  async renew(refused: ClusterAccess): Promise<boolean> {
    if (this.#current && this.#current !== refused) return true // somebody else has renewed it meanwhile
    this.#readAccess.forget?.()
    return (await this.#read()) !== refused
  }

  #read(): Promise<ClusterAccess> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readNow(): Promise<ClusterAccess> {
    try {
      const read = await this.#readAccess()
      if (!this.#current || !isSame(read, this.#current)) {
        verifyPair(read)
        this.#current = read
      }
      this.#complaint = undefined
    } catch (err) {
      if (!this.#current) throw err
      if (errorMessage(err) !== this.#complaint) {
        this.#log.warn({ err }, 'cannot read how to reach the Kubernetes API, going on as before')
        this.#complaint = errorMessage(err)
      }
    }
    this.#readAt = this.#clock.monotonic()
    return this.#current
  }
}

function isSame(
  { server, ...one }: ClusterAccess,
  { server: otherServer, ...other }: ClusterAccess,
): boolean {
  return server.href === otherServer.href && isDeepStrictEqual(one, other)
}

/** Throws a ConfigError when the client certificate and key make no sense. */
function verifyPair({ tls: { cert, key } }: ClusterAccess): void {
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new ConfigError(
      `failed to load kubernetes client config: client certificate and key: ${errorMessage(error)}`,
      { cause: error },
    )
  }
}
