import { expect } from 'vitest'

/** A guard against hanging, generous since the machine may be busy; what is waited for takes some ms. */
const GIVE_UP_AFTER_MS = 15_000

/** `expect` for what becomes true soon: asks again until it holds. */
export function eventually<T>(value: () => T) {
  return expect.poll(value, { timeout: GIVE_UP_AFTER_MS, interval: 5 })
}
