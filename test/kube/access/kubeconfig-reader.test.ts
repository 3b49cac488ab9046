import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findAccess } from '../../../src/kube/index.ts'

const CONFIG = JSON.stringify({
  'current-context': 'c',
  contexts: [{ name: 'c', context: { cluster: 'c' } }],
  clusters: [{ name: 'c', cluster: { server: 'https://hub.example' } }],
})

let dir: string
let pipe: string

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'kubeconfig-reader-'))
  pipe = path.join(dir, 'pipe')
  await promisify(execFile)('mkfifo', [pipe])
})

afterEach(() => rm(dir, { recursive: true }))

describe('a kubeconfig that is a pipe', () => {
  it('is waited for, and kept, since it can be read only once', async () => {
    const read = findAccess({ env: {}, kubeconfig: pipe })
    const first = Promise.all([read(), read()])
    await writeFile(pipe, CONFIG)
    for (const access of await first) expect(access.server.host).toBe('hub.example')
    expect((await read()).server.host).toBe('hub.example')
  })

  it('is not waited for any more by somebody who has been interrupted', async () => {
    const stop = new AbortController()
    const read = findAccess({ env: {}, kubeconfig: pipe, signal: stop.signal })()
    stop.abort(new Error('interrupted'))
    await expect(read).rejects.toThrow('interrupted')
  })
})
