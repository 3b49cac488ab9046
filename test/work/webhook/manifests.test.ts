import { describe, expect, it } from 'vitest'
import { manifestsProblem } from '../../../src/work/webhook/manifests.ts'

const LIMIT = 500 * 1024
/** A tag, and a length of that many bytes. */
const FRAME_BYTES = 1 + 3
const named = (text: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a' },
  data: { text },
})
const EMPTY_BYTES = JSON.stringify(named('')).length + FRAME_BYTES

describe('the size of manifests', () => {
  it.each([
    ['x', 1],
    ['é', 2],
    ['<', 6],
    ['&', 6],
    ['\u2028', 6],
    ['"', 2],
  ])('counts %j as the %d bytes that Go writes, up to the limit and no further', (character, bytes) => {
    const room = LIMIT - EMPTY_BYTES
    const text = character.repeat(Math.floor(room / bytes)) + 'x'.repeat(room % bytes)
    expect(manifestsProblem([named(text)])).toBeUndefined()
    expect(manifestsProblem([named(`${text}x`)])).toBe(
      `the size of manifests is ${LIMIT + 1} bytes which exceeds the ${LIMIT} limit`,
    )
  })
})
