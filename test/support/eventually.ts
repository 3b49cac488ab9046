import { expect, vi } from 'vitest'

/** A guard against hanging, generous since the machine may be busy; what is waited for takes some ms. */
const WAIT = { timeout: 30_000, interval: 5 }

/** `expect` for what becomes true soon: asks again until it holds. */
export function eventually<T>(value: () => T) {
  return expect.poll(value, WAIT)
}

/** Tries again until it is done without an error: what is to succeed, or to fail in the right way, soon. */
export function eventuallyDone<T>(attempt: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(attempt, WAIT)
}
