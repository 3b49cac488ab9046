import { setTimeout as pause } from 'node:timers/promises'

/** A guard against hanging, generous since the machine may be busy. */
const GIVE_UP_AFTER_MS = 40_000

/** Processes are asked over HTTP, which costs them something. */
const ASK_EVERY_MS = 30

/** Asks again until the answer is yes. What the question throws is thrown at once: then there is nothing to wait for. */
export async function until(question: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + GIVE_UP_AFTER_MS
  while (!(await question())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await pause(ASK_EVERY_MS)
  }
}

/** Looks until an amount has not changed for some time: whatever moves it has come to a stop. */
export async function untilStill(amount: () => number | Promise<number>, quietMs = 500): Promise<number> {
  let last = Number.NaN
  let since = performance.now()
  await until(async () => {
    const now = await amount()
    if (now !== last) since = performance.now()
    last = now
    return performance.now() - since >= quietMs
  }, 'an amount stands still')
  return last
}
