import fc from 'fast-check'
import { expect, it } from 'vitest'
import { linesOf } from '../../../src/kube/client/lines.ts'
import { collect } from '../collect.ts'

async function* chunked(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((one, other) => one - other)
  let start = 0
  for (const end of [...places, bytes.length]) {
    yield bytes.subarray(start, end)
    start = end
  }
}

it('are the same wherever the chunks of a stream end, within a character too', async () => {
  const line = fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => JSON.stringify(`é${text}`))
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), fc.string(), async (lines, cuts, unfinished) => {
      const text = lines.map((each) => `${each}\n`).join('') + unfinished.replaceAll('\n', '')
      expect(await collect(linesOf(chunked(Buffer.from(text), cuts)))).toEqual(lines)
    }),
  )
})

it('do not grow without end', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(1024 * 1024, 'x')
  }
  await expect(collect(linesOf(endless()))).rejects.toThrow('too long')
})
