import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import { logFailedHandshakes } from '../../src/proxy-server/handshake-log.ts'
import { eventually } from '../support/eventually.ts'
import { createTestPki } from '../support/test-pki.ts'

/** What is logged when a client comes with these credentials to the agent port's TLS. */
async function complaintAbout(client: { cert?: string; key?: string; ca?: string }): Promise<unknown> {
  const pki = await createTestPki()
  const warn = vi.fn()
  const server = tls.createServer({
    cert: pki.agentServer.certPem,
    key: pki.agentServer.keyPem,
    ca: pki.agentCa.caPem,
    requestCert: true,
  })
  logFailedHandshakes({ ...silentLogger, warn }, server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const socket = tls.connect({ port, host: '127.0.0.1', ca: pki.agentCa.caPem, ...client })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('close', resolve)) // with an error or without
  await eventually(() => warn).toHaveBeenCalled()
  return warn.mock.calls[0]
}

describe('a handshake that failed', () => {
  it('because the certificate of the peer has expired tells what helps', async () => {
    const { authority } = (await createTestPki()).agentCa
    const expired = await authority.issueClientCertificate({ commonName: 'agent', validityMs: 1 })
    const client = { cert: expired.certificatePem, key: expired.privateKeyPem }
    expect(await complaintAbout(client)).toEqual([
      {
        peer: '127.0.0.1',
        reason:
          'certificate refused: CERT_HAS_EXPIRED; the peer needs a new one, or the CA that it comes from does',
      },
      'handshake failed',
    ])
  })

  it('because the certificate is of another CA tells so', async () => {
    const { certPem, keyPem } = (await createTestPki()).wrongCaClient
    expect(await complaintAbout({ cert: certPem, key: keyPem })).toMatchObject([
      { reason: 'certificate refused: UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
      'handshake failed',
    ])
  })

  it('because the peer does not trust us says that it may be so', async () => {
    const { frontendCa } = await createTestPki()
    expect(await complaintAbout({ ca: frontendCa.caPem })).toMatchObject([
      { reason: expect.stringMatching(/it may not trust our certificate|ALERT_UNKNOWN_CA/) },
      'handshake failed',
    ])
  })
})
