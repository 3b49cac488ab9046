import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from '../common/errors.ts'
import type { ServerEndpoint } from './server-address.ts'

/** An address that has not answered for so long does not keep the next one from being tried beside it. */
const HEAD_START_MS = 500

export interface ConnectAttempt<T> {
  /** Connects to one address. Rejects soon after `signal` fires, and then leaves nothing behind. */
  connect(endpoint: ServerEndpoint, signal: AbortSignal): Promise<T>
  /** Ends a connection that came too late, and resolves once it is gone. */
  discard(connection: T): Promise<void>
}

/**
 * The addresses of the proxy servers, of which the first to answer is taken. The one that worked last is tried first, and
 * each is tried when the one before it has failed or had its head start.
 *
 * These are the addresses as configured. Of the several IP addresses that a name may have, `net.connect` tries one after
 * another by itself, a quarter of a second each.
 */
export class ServerChoice {
  readonly #endpoints: readonly ServerEndpoint[]
  #preferred = 0

  constructor(endpoints: readonly ServerEndpoint[]) {
    this.#endpoints = endpoints
  }

  /**
   * Connects to one of them. When it settles, nothing is left of the attempts at the others.
   *
   * @throws the error of the only address, or an AggregateError that names those of all; the reason of `signal`
   */
  async connect<T>(
    attempt: ConnectAttempt<T>,
    signal: AbortSignal,
  ): Promise<{ connection: T; endpoint: ServerEndpoint }> {
    const found = new AbortController()
    const giveUp = AbortSignal.any([signal, found.signal])
    const tryOne = async (index: number) => {
      const endpoint = this.#endpoints[index] as ServerEndpoint
      const connection = await attempt.connect(endpoint, giveUp)
      if (giveUp.aborted) {
        await attempt.discard(connection)
        throw giveUp.reason
      }
      found.abort(new Error('another address answered sooner'))
      this.#preferred = index
      return { connection, endpoint }
    }
    const first = this.#preferred
    const attempts: ReturnType<typeof tryOne>[] = []
    try {
      while (attempts.length < this.#endpoints.length && !giveUp.aborted) {
        const latest = tryOne((first + attempts.length) % this.#endpoints.length)
        attempts.push(latest)
        await answered(latest, giveUp)
      }
      return await Promise.any(attempts)
    } catch (error) {
      signal.throwIfAborted()
      const { errors } = error as AggregateError
      throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(errorMessage).join('; '))
    } finally {
      await Promise.allSettled(attempts)
    }
  }
}

/** Waits until an attempt has come to something, good or bad, or has had its head start. */
async function answered(attempt: Promise<unknown>, giveUp: AbortSignal): Promise<void> {
  const over = new AbortController()
  const done = () => over.abort()
  attempt.then(done, done)
  await sleep(HEAD_START_MS, undefined, { signal: AbortSignal.any([over.signal, giveUp]) }).catch(() => {})
}
