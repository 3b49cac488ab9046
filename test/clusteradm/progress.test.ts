import { describe, expect, it } from 'vitest'
import { Progress } from '../../src/clusteradm/progress.ts'
import type { Terminal } from '../../src/clusteradm/terminal.ts'

const WAIT = { text: 'Waiting...', done: 'It is here.' }

const HIDE = '\x1b[?25l'
const CLEAR = '\r\x1b[2K'
const END = `${CLEAR}\x1b[?25hIt is here.\n`

function record(options: Partial<Terminal> = {}) {
  const texts: string[] = []
  const terminal: Terminal = {
    env: {},
    writeOut: () => {},
    writeError: (text) => void texts.push(text),
    outIsTerminal: false,
    errorIsTerminal: true,
    signal: new AbortController().signal,
    ...options,
  }
  return { texts, progress: new Progress(terminal) }
}

/** All that a wait without events writes. */
async function drawn(options: Partial<Terminal>, wait = WAIT): Promise<string> {
  const { texts, progress } = record(options)
  await progress.during(wait, async () => {})
  return texts.join('')
}

describe('progress', () => {
  it('is a line for each new status in a pipe', async () => {
    const { texts, progress } = record({ errorIsTerminal: false })
    await progress.during(WAIT, async (report) => {
      for (const status of ['Pending', 'Pending', '', 'ImagePullBackOff']) report(status)
    })
    expect(texts).toEqual([
      'Waiting...\n',
      'Waiting... (Pending)\n',
      'Waiting... (ImagePullBackOff)\n',
      'It is here.\n',
    ])
  })

  it('is one line on a terminal, which it gives back', async () => {
    const line = '\x1b[32m⣽\x1b[0m \x1b[1;32mWaiting...\x1b[0m'
    expect(await drawn({})).toBe(`${HIDE}${CLEAR}${line}${END}`)
  })

  it('has no colours where nobody wants them', async () => {
    expect(await drawn({ env: { NO_COLOR: '1' } })).toBe(`${HIDE}${CLEAR}⣽ Waiting...${END}`)
  })

  it('is no longer than the line of a terminal, for more cannot be cleared', async () => {
    const terminal = { env: { NO_COLOR: '1' }, errorColumns: 12 }
    const wait = { ...WAIT, text: 'Waiting for something' }
    expect(await drawn(terminal, wait)).toBe(`${HIDE}${CLEAR}⣽ Waiting …${END}`)
  })

  it('does not say that something is done which has failed', async () => {
    for (const errorIsTerminal of [false, true]) {
      const { texts, progress } = record({ errorIsTerminal })
      const failing = progress.during(WAIT, async () => {
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(texts.join('')).not.toContain('It is here.')
    }
  })
})
