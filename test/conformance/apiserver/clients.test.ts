import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordedCalls } from '../../support/recorded-clients.ts'
import { type Answered, ClientReplay } from './client-replay.ts'
import { type Server, serversUnderTest } from './servers.ts'

const CALLS = recordedCalls()

describe.each(serversUnderTest())('what clients send, and $name', ({ start }) => {
  const answers: (Answered | Error)[] = []
  let server: Server | undefined

  beforeAll(async () => {
    server = await start()
    const replay = new ClientReplay(server)
    for (const call of CALLS) answers.push(await replay.send(call).catch((error: Error) => error))
  }, 60_000)
  afterAll(() => server?.close())

  for (const [index, { client, request, status, answered }] of CALLS.entries()) {
    it(`${index + 1}. ${client}: ${request.method} ${request.path} gets ${status}`, () => {
      const ours = answers[index]
      if (ours instanceof Error) throw ours
      expect(ours).toEqual({ status, answered })
    })
  }
})
