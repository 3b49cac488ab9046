import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { probeTcp } from '../../../src/local-cluster/probes/index.ts'

const HOST = '127.0.0.1'
const NEVER = new AbortController().signal

describe('a probe by TCP', () => {
  it('is a success while somebody listens', async () => {
    const server = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    const { port } = server.address() as AddressInfo
    expect(await probeTcp({ host: HOST, port }, 5000, NEVER)).toEqual({ outcome: 'success', message: '' })
    await new Promise((resolve) => server.close(resolve))
    expect(await probeTcp({ host: HOST, port }, 5000, NEVER)).toEqual({
      outcome: 'failure',
      message: `dial tcp ${HOST}:${port}: connect: connection refused`,
    })
  })

  it('does not begin for nobody', async () => {
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(probeTcp({ host: HOST, port: 1 }, 5000, aborted)).rejects.toThrow('enough')
  })
})
