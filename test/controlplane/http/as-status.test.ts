import { describe, expect, it } from 'vitest'
import { badRequest } from '../../../src/controlplane/api/status.ts'
import { asStatus } from '../../../src/controlplane/http/index.ts'
import { StorageError } from '../../../src/controlplane/storage/index.ts'

describe('asStatus', () => {
  it('leaves a Status as it is', () => {
    const status = badRequest('no')
    expect(asStatus(status)).toBe(status)
  })

  it.each([
    [
      'a full storage',
      new StorageError('ERR_STORAGE_FULL', '/secret: full'),
      500,
      /room on the disk/,
      undefined,
    ],
    ['a broken storage', new StorageError('ERR_STORAGE_IO', '/secret: i/o'), 500, /see its log/, undefined],
    ['a closed storage', new StorageError('ERR_STORAGE_CLOSED', 'is stopping'), 503, /is stopping/, 1],
    ['a fault of ours', new TypeError('secret'), 500, /internal error/, undefined],
    ['what is no error', 'secret', 500, /internal error/, undefined],
  ])('says of %s what helps, and no more', (_, error, code, message, retryAfterSeconds) => {
    const status = asStatus(error)
    expect(status).toMatchObject({ httpStatus: code, message: expect.stringMatching(message), cause: error })
    expect(status.details?.retryAfterSeconds).toBe(retryAfterSeconds)
    expect(JSON.stringify(status.toStatus())).not.toContain('secret')
  })
})
