import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createSecureContext } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { certificatesOfBundle } from '../../src/common/ca-bundle.ts'
import { ConfigError } from '../../src/common/errors.ts'
import { createLogger } from '../../src/common/logger.ts'
import { TlsFiles, type TlsFilesOptions, type TlsMaterial } from '../../src/common/tls-files.ts'
import { createTestPki, type TestPki } from '../support/test-pki.ts'

const encode = (label: string, content: string) =>
  `-----BEGIN ${label}-----\n${Buffer.from(content).toString('base64')}\n-----END ${label}-----\n`
const MALFORMED = encode('CERTIFICATE', 'not a DER-encoded certificate')

let pki: TestPki
let root: string
let dir: string
beforeAll(async () => {
  pki = await createTestPki()
  root = await mkdtemp(path.join(os.tmpdir(), 'tls-files-'))
})
beforeEach(async () => {
  dir = await mkdtemp(path.join(root, 'test-'))
})
afterAll(() => rm(root, { recursive: true }))

const started: TlsFiles[] = []
afterEach(() => {
  for (const files of started.splice(0)) files.stop()
})

let lines: string[] = []
function tlsFiles(overrides: Partial<TlsFilesOptions> = {}, now?: () => number): TlsFiles {
  lines = []
  const log = createLogger({
    level: 'info',
    name: 'test',
    stream: { write: (line: string) => lines.push(line) },
  })
  const files = new TlsFiles(now ? { log, now } : { log }, {
    name: 'cluster',
    certFile: path.join(dir, 'tls.crt'),
    keyFile: path.join(dir, 'tls.key'),
    caFile: path.join(dir, 'ca.crt'),
    ...overrides,
  })
  started.push(files)
  return files
}

async function write(contents: { cert?: string; key?: string; ca?: string }, into = dir): Promise<void> {
  const { cert, key, ca } = contents
  if (cert !== undefined) await writeFile(path.join(into, 'tls.crt'), cert)
  if (key !== undefined) await writeFile(path.join(into, 'tls.key'), key)
  if (ca !== undefined) await writeFile(path.join(into, 'ca.crt'), ca)
}

const first = () => ({ cert: pki.agentServer.certPem, key: pki.agentServer.keyPem, ca: pki.agentCa.caPem })
const second = () => ({
  cert: pki.frontendServer.certPem,
  key: pki.frontendServer.keyPem,
  ca: pki.frontendCa.caPem,
})

describe('TlsFiles at the start', () => {
  it('gives material that Node takes', async () => {
    await write(first())
    const material = await tlsFiles().start()
    expect(material).toMatchObject({ cert: first().cert, key: first().key })
    expect(material.expiresAt).toBeGreaterThan(Date.now())
    expect(() => createSecureContext({ ...material })).not.toThrow()
    expect(certificatesOfBundle(material.ca ?? '')).toHaveLength(1)
  })

  it('leaves out what it was given no file for', async () => {
    await write(first())
    expect(Object.keys(await tlsFiles({ certFile: '', keyFile: '' }).start())).toEqual(['ca'])
    expect(Object.keys(await tlsFiles({ caFile: '' }).start())).toEqual(['cert', 'key', 'expiresAt'])
  })

  it('says how long the certificate lasts, and nothing of the key', async () => {
    await write(first())
    await tlsFiles().start()
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      msg: 'certificate loaded',
      name: 'cluster',
      daysToExpiry: expect.any(Number),
    })
    expect(lines.join('')).not.toContain('PRIVATE KEY')
  })

  it('warns of a certificate that expires soon, or has expired', async () => {
    await write(first())
    const { expiresAt = 0 } = await tlsFiles().start()
    await tlsFiles({}, () => expiresAt - 86_400_000).start()
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 40,
      msg: expect.stringMatching(/^certificate expires soon, replace the file /),
      flag: '--cluster-cert',
      file: path.join(dir, 'tls.crt'),
      daysToExpiry: 1,
    })
    await tlsFiles({}, () => expiresAt + 1).start()
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 40,
      msg: expect.stringMatching(/^certificate has expired, replace the file /),
    })
  })

  it.each<[string, () => { cert?: string; key?: string; ca?: string }, string, string]>([
    ['a certificate that is none', () => ({ cert: 'nonsense' }), 'tls.crt', 'holds no readable certificate'],
    [
      'a certificate that is malformed',
      () => ({ cert: MALFORMED }),
      'tls.crt',
      'holds no readable certificate',
    ],
    ['a key that is none', () => ({ key: 'nonsense' }), 'tls.key', 'holds no readable private key'],
    [
      'a key of another certificate',
      () => ({ key: second().key }),
      'tls.key',
      'does not belong to the certificate in',
    ],
    ['a bundle without certificates', () => ({ ca: '# nothing\n' }), 'ca.crt', 'it holds no certificate'],
    [
      'a bundle with a bad one',
      () => ({ ca: first().ca + MALFORMED }),
      'ca.crt',
      'its certificate 2 cannot be read',
    ],
  ])('refuses %s, and names the file', async (_, broken, file, message) => {
    await write({ ...first(), ...broken() })
    const start = tlsFiles().start()
    await expect(start).rejects.toThrow(ConfigError)
    await expect(start).rejects.toThrow(path.join(dir, file))
    await expect(start).rejects.toThrow(message)
  })

  it('refuses a file that is not there', async () => {
    await expect(tlsFiles({ keyFile: '', caFile: '' }).start()).rejects.toThrow(
      `cannot read ${path.join(dir, 'tls.crt')}: ENOENT`,
    )
  })

  it('tells a bundle without certificates by its code, for which no stack is logged', async () => {
    await write({ ...first(), ca: '' })
    await expect(tlsFiles().start()).rejects.toMatchObject({ cause: { code: 'ERR_CA_BUNDLE' } })
  })

  it('refuses half a pair', async () => {
    await write(first())
    await expect(tlsFiles({ keyFile: '' }).start()).rejects.toThrow('is half of a pair')
  })
})

describe('TlsFiles when files change', () => {
  it('passes on a new pair and a new bundle', async () => {
    await write(first())
    const files = tlsFiles()
    await files.start()
    const changes: TlsMaterial[] = []
    files.onChange((material) => changes.push(material))

    await files.checkForChange()
    expect(changes).toEqual([])
    await write(second())
    await files.checkForChange()
    expect(changes).toEqual([files.current])
    expect(files.current).toMatchObject({ cert: second().cert, key: second().key })
  })

  it('notices by itself', async () => {
    await write(first())
    const files = tlsFiles({ pollIntervalMs: 1 })
    await files.start()
    const changed = new Promise<TlsMaterial>((resolve) => files.onChange(resolve))
    const keepAlive = setInterval(() => {}, 1000) // the timer of TlsFiles keeps no process alive
    await write({ ca: second().ca })
    expect((await changed).ca).toContain('BEGIN CERTIFICATE')
    clearInterval(keepAlive)
  })

  it("follows Kubernetes' swap of symbolic links", async () => {
    for (const [name, contents] of [
      ['..v1', first()],
      ['..v2', second()],
    ] as const) {
      await mkdir(path.join(dir, name))
      await write(contents, path.join(dir, name))
    }
    await symlink('..v1', path.join(dir, '..data'))
    for (const file of ['tls.crt', 'tls.key', 'ca.crt']) await symlink(`..data/${file}`, path.join(dir, file))
    const files = tlsFiles()
    expect((await files.start()).cert).toBe(first().cert)

    await symlink('..v2', path.join(dir, '..data_tmp'))
    await rename(path.join(dir, '..data_tmp'), path.join(dir, '..data'))
    await files.checkForChange()
    expect(files.current.cert).toBe(second().cert)
  })

  it('keeps what it has while a pair is half written, and complains once', async () => {
    await write(first())
    const files = tlsFiles()
    const material = await files.start()
    const changes: TlsMaterial[] = []
    files.onChange((changed) => changes.push(changed))
    lines = []

    await write({ cert: second().cert })
    await files.checkForChange()
    await files.checkForChange()
    expect(files.current).toBe(material)
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 40, msg: 'changed TLS files are not usable, keeping the previous ones' },
    ])

    await write({ key: second().key })
    await files.checkForChange()
    expect(changes).toHaveLength(1)
    expect(files.current.cert).toBe(second().cert)
  })

  it('takes the old files back after it has refused new ones', async () => {
    await write(first())
    const files = tlsFiles()
    await files.start()
    await write({ ca: 'nonsense' })
    await files.checkForChange()
    await write(first())
    await files.checkForChange()
    await write({ ca: 'nonsense' })
    lines = []
    await files.checkForChange()
    expect(lines).toHaveLength(1) // a new mistake, though it is an old one
  })

  it('survives a file that goes away for a while', async () => {
    await write(first())
    const files = tlsFiles()
    const material = await files.start()
    await rm(path.join(dir, 'tls.crt'))
    await files.checkForChange()
    expect(files.current).toBe(material)
    await chmod(dir, 0o700)
    await write(second())
    await files.checkForChange()
    expect(files.current.cert).toBe(second().cert)
  })

  it('tells nobody who has had enough', async () => {
    await write(first())
    const files = tlsFiles()
    await files.start()
    let calls = 0
    const unsubscribe = files.onChange(() => calls++)
    unsubscribe()
    await write(second())
    await files.checkForChange()
    expect(calls).toBe(0)
  })
})

describe('certificatesOfBundle', () => {
  const truncated = '-----BEGIN CERTIFICATE-----\nMIIBtruncated\n'
  const notBase64 = '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n'
  const withHeader = () => pki.agentCa.caPem.replace('CERTIFICATE-----\n', 'CERTIFICATE-----\nComment: x\n\n')

  it.each<[string, () => string, number]>([
    ['takes all certificates', () => first().ca + second().ca, 2],
    ['skips other blocks', () => first().ca + encode('PRIVATE KEY', 'not a private key'), 1],
    ['skips text around blocks', () => `# CA\n${first().ca}# end\n`, 1],
    ['skips a truncated block at the end', () => first().ca + truncated, 1],
    ['skips a truncated block in front', () => truncated + first().ca, 1],
    ['skips what is no base64', () => notBase64 + first().ca, 1],
    ['skips a block with headers', () => first().ca + withHeader(), 1],
    ['takes DOS line ends', () => first().ca.replaceAll('\n', '\r\n'), 1],
  ])('%s, as Go does', (_, bundle, count) => {
    expect(certificatesOfBundle(bundle())).toHaveLength(count)
  })

  it('refuses a bundle with a certificate that cannot be read', () => {
    expect(() => certificatesOfBundle(first().ca + MALFORMED)).toThrow('its certificate 2 cannot be read')
  })
})
