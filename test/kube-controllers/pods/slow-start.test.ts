import { expect, it } from 'vitest'
import { slowStart } from '../../../src/kube-controllers/pods/slow-start.ts'

/** Runs in which so many are done, of which the one with the number `failing` fails; and how many were begun at once. */
async function run(count: number, failing = Number.NaN) {
  const batches: number[] = []
  let open = 0
  const result = await slowStart(count, async (index) => {
    open += 1
    await Promise.resolve()
    if (open > 0) batches.push(open)
    open = 0
    if (index === failing) throw new Error(`${index} failed`)
  })
  return { ...result, batches }
}

it.each([
  [0, []],
  [1, [1]],
  [3, [1, 2]],
  [10, [1, 2, 4, 3]],
])('does %i in batches of %j', async (count, batches) => {
  expect(await run(count)).toEqual({ successes: count, batches })
})

it.each([
  [0, 0, [1]],
  [2, 2, [1, 2]],
  [4, 6, [1, 2, 4]],
])('begins no batch more after the failure of %i', async (failing, successes, batches) => {
  expect(await run(10, failing)).toMatchObject({
    successes,
    batches,
    error: { message: `${failing} failed` },
  })
})
