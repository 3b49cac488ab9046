import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ControlPlaneCredentials } from '../../../src/controlplane/credentials/index.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let directory: string
let now: number

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'credentials-'))
  now = Date.parse('2026-11-23T00:00:00Z')
})
afterEach(() => rm(directory, { recursive: true }))

const open = (dnsNames: string[] = ['localhost'], server = 'https://127.0.0.1:6443') =>
  ControlPlaneCredentials.open(directory, {
    server,
    names: { dnsNames, ipAddresses: ['127.0.0.1'] },
    clock: { now: () => now },
  })

async function mode(file: string): Promise<number> {
  return (await stat(path.join(directory, file))).mode & 0o777
}

describe('the credentials of a control plane', () => {
  it('are made once, and kept', async () => {
    const first = await open()
    const second = await open()
    expect(second.authority.certificatePem).toBe(first.authority.certificatePem)
    expect(second.frontProxyCertificatePem).toBe(first.frontProxyCertificatePem)
    expect(second.serving).toEqual(first.serving)
    expect(second.serviceAccountKey.equals(first.serviceAccountKey)).toBe(true)
  })

  it('are readable by their owner alone', async () => {
    await open()
    for (const file of ['admin.kubeconfig', 'pki/ca.key', 'pki/apiserver.key', 'pki/sa.key', 'pki/admin.key'])
      expect([file, await mode(file)]).toEqual([file, 0o600])
    expect(await mode('pki')).toBe(0o700)
  })

  it('let the administrator in by a kubeconfig that holds everything', async () => {
    const { kubeconfigFile, authority } = await open()
    const { clusters, users, contexts, ...config } = parse(await readFile(kubeconfigFile, 'utf8'))
    expect(clusters[0].cluster.server).toBe('https://127.0.0.1:6443')
    const pem = (data: string) => Buffer.from(data, 'base64').toString()
    expect(pem(clusters[0].cluster['certificate-authority-data'])).toBe(authority.certificatePem)
    const certificate = new X509Certificate(pem(users[0].user['client-certificate-data']))
    expect(certificate.subject.split('\n').sort()).toEqual(['CN=system:admin', 'O=system:masters'])
    expect(certificate.checkIssued(new X509Certificate(authority.certificatePem))).toBe(true)
    expect(config['current-context']).toBe(contexts[0].name)
  })

  it('keep the administrator when the address is another', async () => {
    const user = async ({ kubeconfigFile }: ControlPlaneCredentials) =>
      parse(await readFile(kubeconfigFile, 'utf8')).users
    const before = await user(await open())
    const moved = await open(['localhost'], 'https://hub.example:443')
    expect(await user(moved)).toEqual(before)
    expect(await readFile(moved.kubeconfigFile, 'utf8')).toContain('https://hub.example:443')
  })

  it('get a new serving certificate when it is due, and when there are new names', async () => {
    const credentials = await open()
    const { certificatePem } = credentials.serving
    now += 200 * DAY_MS
    expect(await credentials.renewServing()).toBe(false)
    now += 100 * DAY_MS
    expect(await credentials.renewServing()).toBe(true)
    expect(credentials.serving.certificatePem).not.toBe(certificatePem)

    const renamed = await open(['localhost', 'hub.example'])
    expect(new X509Certificate(renamed.serving.certificatePem).checkHost('hub.example')).toBe('hub.example')
    expect((await open(['localhost'])).serving).toEqual(renamed.serving)
  })

  it('are refused when a key has gone, or is no key', async () => {
    await open()
    await rm(path.join(directory, 'pki/ca.key'))
    await expect(open()).rejects.toThrow(
      `${directory}/pki/ca.crt has no key beside it: put ${directory}/pki/ca.key back`,
    )
    await writeFile(path.join(directory, 'pki/ca.key'), 'nonsense')
    await expect(open()).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })

  it('say where they cannot be written', async () => {
    await writeFile(path.join(directory, 'pki'), '')
    await expect(open()).rejects.toThrow(`cannot make ${directory}/pki: `)
  })
})
