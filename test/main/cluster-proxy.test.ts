import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/main/cluster-proxy.ts', import.meta.url))

interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

async function clusterProxy(...argv: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { status, stdout, stderr }
}

describe('cluster-proxy', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']]])(
    'lists its processes when called with %j',
    async (argv) => {
      const { status, stdout } = await clusterProxy(...argv)
      expect(status).toBe(0)
      expect(stdout).toContain('cluster-proxy <process> [flags]')
      for (const name of ['proxy-server', 'proxy-agent', 'quickstart'])
        expect(stdout).toContain(`\n  ${name} `)
    },
  )

  it('tells its version, also as a process', async () => {
    const [one, other] = await Promise.all([
      clusterProxy('--version'),
      clusterProxy('proxy-agent', '--version'),
    ])
    expect(one).toMatchObject({ status: 0, stdout: expect.stringMatching(/^cluster-proxy \d+\.\d+\.\d+ /) })
    expect(other).toEqual(one)
  })

  it('suggests a process for one that it does not know', async () => {
    expect(await clusterProxy('proxyserver')).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'cluster-proxy: unknown process "proxyserver" (did you mean "proxy-server"?)\nRun "cluster-proxy --help" for the list.\n',
    })
    expect((await clusterProxy('constructor')).status).toBe(1)
  })

  it('explains the flags of a process', async () => {
    const [one, other] = await Promise.all([
      clusterProxy('help', 'proxy-server'),
      clusterProxy('proxy-server', '-h'),
    ])
    expect(one.stdout).toContain('--server-port PORT')
    expect(other).toEqual(one)
  })

  it('prints what is wrong with the flags, and where to read about them', async () => {
    expect(await clusterProxy('proxy-server', '--servr-port=1')).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'cluster-proxy proxy-server: unknown flag: --servr-port (did you mean "--server-port"?)\nRun "cluster-proxy proxy-server --help" for all flags.\n',
    })
  })

  it.each([['--help'], ['--version']])('says in a word that %s has no room on a full disk', async (flag) => {
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [MAIN, flag], { stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    const [stderr, [status]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'cluster-proxy: cannot write to stdout: ENOSPC: no space left on device, write\n',
    })
  })

  it('does not mind that nobody reads its help', async () => {
    const child = spawn(process.execPath, [MAIN, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
