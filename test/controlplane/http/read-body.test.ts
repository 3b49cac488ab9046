import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES, readBody } from '../../../src/controlplane/http/read-body.ts'

describe('readBody', () => {
  it('puts together what comes in pieces', async () => {
    const source = new PassThrough()
    const body = readBody(source, undefined)
    for (const piece of ['one ', 'two ', 'three']) source.write(piece)
    source.end()
    expect((await body).toString()).toBe('one two three')
  })

  it('refuses a length that is too large before anything comes', async () => {
    const body = readBody(new PassThrough(), String(MAX_BODY_BYTES + 1))
    await expect(body).rejects.toMatchObject({ httpStatus: 413, reason: 'RequestEntityTooLarge' })
  })

  it('refuses a body that does not come to its end in time', async () => {
    const source = new PassThrough()
    source.write('{')
    await expect(readBody(source, undefined, 20)).rejects.toMatchObject({
      httpStatus: 504,
      reason: 'Timeout',
    })
  })

  it('says that the client has broken off', async () => {
    const source = new PassThrough()
    const body = readBody(source, undefined)
    source.destroy(new Error('aborted'))
    await expect(body).rejects.toMatchObject({ httpStatus: 400, reason: 'BadRequest' })
  })

  it('leaves no failure behind that nobody hears of, when a body breaks off after its time', async () => {
    const source = new PassThrough()
    await expect(readBody(source, undefined, 5)).rejects.toMatchObject({ reason: 'Timeout' })
    source.destroy(new Error('aborted'))
    await new Promise((resolve) => source.once('close', resolve))
  })
})
