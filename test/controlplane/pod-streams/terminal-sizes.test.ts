import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TerminalSize } from '../../../src/controlplane/pod-streams/index.ts'
import { terminalSizes } from '../../../src/controlplane/pod-streams/terminal-sizes.ts'

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const each of texts) yield Buffer.from(each)
}
async function sizesOf(bytes: AsyncIterable<Uint8Array>): Promise<TerminalSize[]> {
  const sizes: TerminalSize[] = []
  for await (const each of terminalSizes(bytes)) sizes.push(each)
  return sizes
}

describe('sizes of a terminal', () => {
  it.each([
    [['{"Width":80,"Height":24}\n'], [{ width: 80, height: 24 }]],
    [
      ['{"Height":24,"Width":80}{"width":1,"height":2}'],
      [
        { width: 80, height: 24 },
        { width: 1, height: 2 },
      ],
    ],
    [['{"Wid', 'th":80,"Hei', 'ght":24}'], [{ width: 80, height: 24 }]],
    [['{"Width":70000,"Height":-1}'], [{ width: 65_535, height: 0 }]],
    [['{"__proto__":1}'], [{ width: 0, height: 0 }]],
    [['nothing}{"Width":80,"Height":24}'], []],
    [['x'.repeat(5_000), '{"Width":80,"Height":24}'], []],
  ])('are read from %j', async (texts, sizes) => {
    expect(await sizesOf(pieces(...texts))).toEqual(sizes)
  })

  it('end with a connection that breaks', async () => {
    const broken = (async function* () {
      yield* pieces('{"Width":80,"Height":24}')
      throw new Error('gone')
    })()
    expect(await sizesOf(broken)).toEqual([{ width: 80, height: 24 }])
  })

  it('may be anything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('{', '}', '"', ':', '1', 'w') })),
        async (texts) => {
          for (const { width, height } of await sizesOf(pieces(...texts))) {
            expect(width).toBeGreaterThanOrEqual(0)
            expect(height).toBeGreaterThanOrEqual(0)
          }
        },
      ),
    )
  })
})
