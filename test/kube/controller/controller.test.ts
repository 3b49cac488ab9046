import { expect, it } from 'vitest'
import type { Logger } from '../../../src/common/log.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { Controller, KubeApiError } from '../../../src/kube/index.ts'
import { HastyClock } from '../clocks.ts'

const refusal = (status: number, reason: string) => new KubeApiError({ status, reason, message: reason })

/** Resolves with the level at which a controller says that it was refused like this, and succeeded after that. */
async function levelOf(failure: Error): Promise<string[]> {
  const said: string[] = []
  const at = (level: string) => (_: unknown, message?: string) => {
    if (message === 'reconcile failed') said.push(level)
  }
  const log: Logger = {
    ...silentLogger,
    ...Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, at(level)])),
    child: () => log,
  }
  const succeeded = Promise.withResolvers<void>()
  let failures = 0
  const controller = new Controller(
    { clock: new HastyClock(), log },
    {
      name: 'test',
      reconcile: async () => {
        if (failures++ === 0) throw failure
        succeeded.resolve()
      },
    },
  )
  controller.enqueue({ name: 'a' })
  controller.start()
  await succeeded.promise
  await controller.stop()
  return said
}

it.each([
  ['debug', 'somebody else was faster', refusal(409, 'Conflict')],
  ['warn', 'the API has too much to do', refusal(429, 'TooManyRequests')],
  ['error', 'the API refuses what is wanted', refusal(422, 'Invalid')],
  ['error', 'it does not know what to do', new Error('a bug')],
])('says at level %s that a reconcile is tried again since %s', async (level, _, failure) => {
  expect(await levelOf(failure)).toEqual([level])
})
