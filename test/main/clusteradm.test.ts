import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'

const MAIN = path.join(import.meta.dirname, '../../src/main/clusteradm.ts')

async function clusteradm(args: readonly string[], stdout: 'ignore' | number, input = '') {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', stdout, 'pipe'] })
  child.stdin?.end(input)
  if (!child.stderr) throw new Error('there is no stderr')
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { status, stderr }
}

describe('the process clusteradm', () => {
  it('says in its own name that there is no room on a full disk', async () => {
    const full = openSync('/dev/full', 'w')
    const running = clusteradm(['--help'], full)
    closeSync(full)
    expect(await running).toEqual({
      status: 1,
      stderr: 'clusteradm: cannot write to stdout: ENOSPC: no space left on device, write\n',
    })
  })

  it('reads a token from stdin', async () => {
    const claims = Buffer.from(JSON.stringify({ exp: 1_700_000_000 })).toString('base64url')
    const join = 'join --hub-token-file - --hub-apiserver https://h --cluster-name c1'.split(' ')
    const { status, stderr } = await clusteradm(join, 'ignore', `a.${claims}.c\n`)
    expect(status).toBe(1)
    expect(stderr).toContain('the hub token has expired at 2023-11-14T22:13:20.000Z')
  })
})
