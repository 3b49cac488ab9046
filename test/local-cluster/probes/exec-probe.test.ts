import { describe, expect, it } from 'vitest'
import { probeExec } from '../../../src/local-cluster/probes/exec-probe.ts'

const NEVER = new AbortController().signal
const ended = (exitCode: number, output: string) => async () => ({ exitCode, output })

describe('a probe by a command', () => {
  it.each([
    [0, 'success'],
    [1, 'failure'],
    [137, 'failure'],
  ])('that ends with %i is a %s', async (exitCode, outcome) => {
    expect(await probeExec(['x'], ended(exitCode, 'it said'), 1000, NEVER)).toEqual({
      outcome,
      message: 'it said',
    })
  })

  it('shows no more than ten kilobytes', async () => {
    const { message } = await probeExec(['x'], ended(1, 'x'.repeat(20_000)), 1000, NEVER)
    expect(message).toHaveLength(10 * 1024)
  })

  it('fails when the command takes too long', async () => {
    const run = (_: readonly string[], __: number, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('killed'))),
      )
    expect(await probeExec(['sleep', '60'], run, 50, NEVER)).toEqual({
      outcome: 'failure',
      message: 'command timed out: "sleep 60" timed out after 50ms',
    })
  })

  it('says nothing of the container when the command cannot be run', async () => {
    const run = () => Promise.reject(new Error('there is no such file'))
    expect(await probeExec(['x'], run, 1000, NEVER)).toEqual({
      outcome: 'unknown',
      message: 'there is no such file',
    })
  })
})
