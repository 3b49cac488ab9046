import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createTestPki } from './test-pki.ts'

describe('the test PKI', () => {
  it('is made once, with files that say what the PEM says', async () => {
    const pki = await createTestPki()
    expect(await createTestPki()).toBe(pki)
    const { agentClient, agentCa } = pki
    expect(await readFile(agentClient.certFile, 'utf8')).toBe(agentClient.certPem)
    expect(await readFile(agentClient.keyFile, 'utf8')).toBe(agentClient.keyPem)
    expect(await readFile(agentCa.caFile, 'utf8')).toBe(agentCa.caPem)
    expect((await stat(agentClient.keyFile)).mode & 0o777).toBe(0o600)
  })

  it('has two authorities, and clients of each, and one of neither', async () => {
    const { frontendCa, agentCa, ...pki } = await createTestPki()
    const isSignedBy = (certPem: string, caPem: string) =>
      new X509Certificate(certPem).verify(new X509Certificate(caPem).publicKey)
    expect(isSignedBy(pki.frontendClient.certPem, frontendCa.caPem)).toBe(true)
    expect(isSignedBy(pki.frontendServer.certPem, frontendCa.caPem)).toBe(true)
    expect(isSignedBy(pki.agentClient.certPem, agentCa.caPem)).toBe(true)
    expect(isSignedBy(pki.agentServer.certPem, agentCa.caPem)).toBe(true)
    expect(isSignedBy(pki.agentClient.certPem, frontendCa.caPem)).toBe(false)
    for (const { caPem } of [frontendCa, agentCa])
      expect(isSignedBy(pki.wrongCaClient.certPem, caPem)).toBe(false)
  })

  it('has servers that answer to every name of this machine', async () => {
    const { frontendServer, agentServer } = await createTestPki()
    for (const { certPem } of [frontendServer, agentServer]) {
      const certificate = new X509Certificate(certPem)
      for (const host of ['localhost', 'proxy-server']) expect(certificate.checkHost(host)).toBe(host)
      for (const ip of ['127.0.0.1', '::1']) expect(certificate.checkIP(ip)).toBe(ip)
    }
  })

  it('writes the same certificates to a directory of the test', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'own-pki-'))
    try {
      const own = await createTestPki(dir)
      const shared = await createTestPki()
      expect(own.agentClient.certFile.startsWith(dir)).toBe(true)
      expect(own.agentClient.certPem).toBe(shared.agentClient.certPem)
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
