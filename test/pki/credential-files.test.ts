import { constants } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, watch, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/common/errors.ts'
import { writeCredentialFiles } from '../../src/pki/index.ts'

const credentials = { certificatePem: 'certificate\n', privateKeyPem: 'key\n', caPem: 'ca\n' }
const PERMISSION_BITS = constants.S_IRWXU | constants.S_IRWXG | constants.S_IRWXO

describe('credential files', () => {
  let dir: string
  let umask: number
  beforeEach(async () => {
    umask = process.umask()
    dir = path.join(await mkdtemp(path.join(os.tmpdir(), 'credential-files-')), 'made', 'on-demand')
  })
  afterEach(async () => {
    process.umask(umask)
    await rm(path.dirname(path.dirname(dir)), { recursive: true })
  })

  const modeOf = async (file: string) => (await stat(file)).mode & PERMISSION_BITS

  it.each([0o000, 0o022, 0o077])(
    'keep the key to its owner and show the certificates, under umask %o',
    async (mask) => {
      process.umask(mask)
      const files = await writeCredentialFiles(dir, credentials)
      expect(await modeOf(files.privateKeyFile)).toBe(0o600)
      expect(await modeOf(files.certificateFile)).toBe(0o644)
      expect(await modeOf(files.caFile)).toBe(0o644)
    },
  )

  it('hold what was written, and nothing is left beside them', async () => {
    const files = await writeCredentialFiles(dir, credentials)
    expect(await readFile(files.certificateFile, 'utf8')).toBe('certificate\n')
    expect(await readFile(files.privateKeyFile, 'utf8')).toBe('key\n')
    expect(await readFile(files.caFile, 'utf8')).toBe('ca\n')
    expect((await readdir(dir)).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key'])
  })

  it('have the names that were asked for, and a CA only if there is one', async () => {
    const { certificatePem, privateKeyPem } = credentials
    const names = { certificate: 'proxy-server.crt', privateKey: 'proxy-server.key' }
    await writeCredentialFiles(dir, { certificatePem, privateKeyPem }, names)
    expect((await readdir(dir)).sort()).toEqual(['proxy-server.crt', 'proxy-server.key'])
  })

  it('are replaced, not rewritten: who has the old file open keeps reading it, and a lax mode is not inherited', async () => {
    const files = await writeCredentialFiles(dir, credentials)
    const before = await stat(files.privateKeyFile)
    await rm(files.privateKeyFile)
    await writeFile(files.privateKeyFile, 'lax', { mode: 0o666 })
    await writeCredentialFiles(dir, { ...credentials, privateKeyPem: 'new key\n' })
    const after = await stat(files.privateKeyFile)
    expect(after.ino).not.toBe(before.ino)
    expect(after.mode & PERMISSION_BITS).toBe(0o600)
    expect(await readFile(files.privateKeyFile, 'utf8')).toBe('new key\n')
  })

  it('appear by renames, the certificate last', async () => {
    await writeCredentialFiles(dir, credentials)
    const watching = new AbortController()
    const renamed: string[] = []
    const watched = (async () => {
      for await (const event of watch(dir, { signal: watching.signal })) {
        if (event.eventType === 'rename' && event.filename && !event.filename.startsWith('.'))
          renamed.push(event.filename)
        expect(
          event.eventType === 'change' && !event.filename?.startsWith('.'),
          `${event.filename} written`,
        ).toBe(false)
        if (renamed.at(-1) === 'tls.crt') break
      }
    })()
    await writeCredentialFiles(dir, credentials)
    await watched
    watching.abort()
    expect(renamed).toEqual(['ca.crt', 'tls.key', 'tls.crt'])
  })

  it('say where they could not be written, and leave no temporary file', async () => {
    const files = await writeCredentialFiles(dir, credentials)
    const inTheWay = path.join(files.certificateFile, 'deeper')
    await expect(writeCredentialFiles(inTheWay, credentials)).rejects.toThrow(ConfigError)
    await expect(writeCredentialFiles(inTheWay, credentials)).rejects.toThrow(
      `cannot write credentials to "${inTheWay}"`,
    )
    await expect(writeCredentialFiles(dir, credentials, { certificate: '.' })).rejects.toThrow(ConfigError)
    expect((await readdir(dir)).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key'])
  })
})
