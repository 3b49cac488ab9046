import { beforeAll, describe, expect, it } from 'vitest'
import {
  CertificateAuthority,
  createCertificateRequest,
  type KeyAlgorithm,
  type KeyedCertificate,
} from '../../src/pki/index.ts'
import { handshake } from './tls-handshake.ts'

const matrix: [KeyAlgorithm, KeyAlgorithm][] = [
  ['ec-p256', 'ec-p256'],
  ['rsa-2048', 'ec-p256'],
  ['ec-p256', 'rsa-2048'],
]

describe.each(matrix)('mutual TLS with a CA key of %s and end-entity keys of %s', (caKey, keyAlgorithm) => {
  let ca: CertificateAuthority
  let server: KeyedCertificate
  let client: KeyedCertificate

  beforeAll(async () => {
    ca = await CertificateAuthority.create({ commonName: 'test CA', keyAlgorithm: caKey })
    server = await ca.issueServerCertificate({ dnsNames: ['localhost'], keyAlgorithm })
    client = await ca.issueClientCertificate({ commonName: 'agent', organizations: ['a', 'b'], keyAlgorithm })
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'succeeds over %s and tells the server who called',
    async (version) => {
      const party = { keyed: server, trustedCaPem: ca.certificatePem }
      const peer = await handshake(party, { keyed: client, trustedCaPem: ca.certificatePem, version })
      expect(peer.subject).toMatchObject({ CN: 'agent', O: ['a', 'b'] })
    },
  )
})

describe('mutual TLS', () => {
  let ca: CertificateAuthority
  let wrongCa: CertificateAuthority
  let server: KeyedCertificate
  let client: KeyedCertificate

  beforeAll(async () => {
    // The same name on purpose: only the key tells the two apart.
    ca = await CertificateAuthority.create({ commonName: 'test CA' })
    wrongCa = await CertificateAuthority.create({ commonName: 'test CA' })
    server = await ca.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] })
    client = await ca.issueClientCertificate({ commonName: 'agent' })
  })

  const serverParty = () => ({ keyed: server, trustedCaPem: ca.certificatePem })

  it('accepts a client whose certificate was signed from its request', async () => {
    const commonName = `system:open-cluster-management:cluster1:addon:cluster-proxy:agent:${'x'.repeat(40)}`
    const { requestPem, privateKeyPem } = await createCertificateRequest({ commonName, organizations: ['o'] })
    const certificatePem = await ca.signRequest(requestPem, { usages: ['clientAuth'] })
    const party = { keyed: { certificatePem, privateKeyPem }, trustedCaPem: ca.certificatePem }
    expect((await handshake(serverParty(), party)).subject).toMatchObject({ CN: commonName, O: 'o' })
  })

  it('accepts a dual-use certificate at both ends', async () => {
    const both = await ca.issueDualUseCertificate({ commonName: 'peer', dnsNames: ['localhost'] })
    const party = { keyed: both, trustedCaPem: ca.certificatePem }
    expect((await handshake(party, party)).subject.CN).toBe('peer')
  })

  it('works with an authority that was loaded from its files', async () => {
    const loaded = CertificateAuthority.load(ca)
    const keyed = await loaded.issueClientCertificate({ commonName: 'late' })
    const peer = await handshake(serverParty(), { keyed, trustedCaPem: loaded.certificatePem })
    expect(peer.subject.CN).toBe('late')
  })

  it('refuses a client of another CA of the same name', async () => {
    const keyed = await wrongCa.issueClientCertificate({ commonName: 'agent' })
    await expect(handshake(serverParty(), { keyed, trustedCaPem: ca.certificatePem })).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
  })

  it('refuses a client without a certificate', async () => {
    await expect(handshake(serverParty(), { trustedCaPem: ca.certificatePem })).rejects.toMatchObject({
      code: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
    })
  })

  it('refuses a server of another CA of the same name', async () => {
    const party = { keyed: client, trustedCaPem: wrongCa.certificatePem }
    await expect(handshake(serverParty(), party)).rejects.toMatchObject({
      code: 'SELF_SIGNED_CERT_IN_CHAIN', // the server sends its CA along
    })
  })

  it('refuses a server by a name that its certificate does not have', async () => {
    const party = { keyed: client, trustedCaPem: ca.certificatePem, servername: 'proxy-server' }
    await expect(handshake(serverParty(), party)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  it('refuses a client certificate as a server, and a server certificate as a client', async () => {
    const named = await ca.issueClientCertificate({ commonName: 'localhost' })
    const good = { keyed: client, trustedCaPem: ca.certificatePem }
    await expect(handshake({ keyed: named, trustedCaPem: ca.certificatePem }, good)).rejects.toMatchObject({
      code: 'INVALID_PURPOSE',
    })
    const asClient = { keyed: server, trustedCaPem: ca.certificatePem }
    await expect(handshake(serverParty(), asClient)).rejects.toMatchObject({ code: 'INVALID_PURPOSE' })
  })

  it('refuses a certificate that has expired', async () => {
    const lastYear = { now: () => Date.now() - 400 * 24 * 60 * 60 * 1000 }
    const aged = CertificateAuthority.load(
      await CertificateAuthority.create({ commonName: 'aged' }, { clock: lastYear }),
      {
        clock: lastYear,
      },
    )
    const keyed = await aged.issueClientCertificate({ commonName: 'agent' })
    const party = { keyed: server, trustedCaPem: aged.certificatePem }
    await expect(handshake(party, { keyed, trustedCaPem: ca.certificatePem })).rejects.toMatchObject({
      code: 'CERT_HAS_EXPIRED',
    })
  })
})
