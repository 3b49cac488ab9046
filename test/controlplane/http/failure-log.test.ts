import { beforeEach, expect, it } from 'vitest'
import { silentLogger } from '../../../src/common/log.ts'
import { FailureLog } from '../../../src/controlplane/http/failure-log.ts'
import { StorageError } from '../../../src/controlplane/storage/index.ts'

const REQUEST = { method: 'POST', url: '/api/v1/namespaces' }
const full = new StorageError('ERR_STORAGE_FULL', 'no room')

let now: number
let lines: object[]
let failures: FailureLog
beforeEach(() => {
  now = 5_000
  lines = []
  const error = (fields: object | string, message?: string) => void lines.push({ ...Object(fields), message })
  failures = new FailureLog({ ...silentLogger, error }, () => now)
})

it('says of a storage that takes nothing once a second how many it has failed', () => {
  for (let count = 0; count < 3_000; count++) {
    failures.failed(full, REQUEST)
    now++
  }
  expect(lines).toEqual(
    [0, 999, 999].map((othersBefore) => ({
      ...REQUEST,
      err: full,
      othersBefore,
      message: 'the storage failed a request',
    })),
  )
})

it('says each other fault', () => {
  const err = new TypeError('a fault')
  for (let count = 0; count < 3; count++) failures.failed(err, REQUEST)
  expect(lines).toEqual(Array(3).fill({ ...REQUEST, err, message: 'request failed' }))
})
