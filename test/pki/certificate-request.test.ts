import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  CertificateAuthority,
  CertificateRequestError,
  createCertificateRequest,
  encodePem,
  encodePrivateKey,
  generatePrivateKey,
  parseCertificateRequest,
  parsePemBlocks,
} from '../../src/pki/index.ts'
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '../../src/pki/x509.ts'

const who = {
  commonName: 'system:open-cluster-management:cluster1:abcde',
  organizations: [
    'system:open-cluster-management:cluster1',
    'system:open-cluster-management:managed-clusters',
  ],
}

describe('a certificate request', () => {
  let ca: CertificateAuthority
  beforeAll(async () => {
    ca = await CertificateAuthority.create({ commonName: 'ca' })
  })

  it('names whom an API server will see of several common names: the last', async () => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const csr = await Pkcs10CertificateRequestGenerator.create({
      name: [{ CN: ['system:innocent'] }, { O: ['nobody'] }, { CN: ['system:admin'] }],
      keys: {
        privateKey: keys.privateKey.toCryptoKey(algorithm, true, ['sign']),
        publicKey: keys.publicKey.toCryptoKey(algorithm, true, ['verify']),
      },
      signingAlgorithm: algorithm,
    })
    const { subject } = await parseCertificateRequest(csr.toString('pem'))
    expect(subject).toEqual({ commonName: 'system:admin', organizations: ['nobody'] })
  })

  it('says who asks, for which names and with which key', async () => {
    const names = { dnsNames: ['proxy-agent.ocm.svc'], ipAddresses: ['10.0.0.1', '::1'] }
    const { requestPem, privateKeyPem } = await createCertificateRequest({ ...who, ...names })
    const request = await parseCertificateRequest(requestPem)
    expect(request.subject).toEqual(who)
    expect(request.dnsNames).toEqual(names.dnsNames)
    expect(request.ipAddresses).toEqual(names.ipAddresses)
    expect(request.publicKey.equals(createPublicKey(privateKeyPem))).toBe(true)
    expect(request.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  })

  it('is signed into a certificate for the same subject, names and key, and for the usages that the signer chose', async () => {
    const { requestPem, privateKeyPem } = await createCertificateRequest({ ...who, dnsNames: ['a.example'] })
    const certificate = new X509Certificate(await ca.signRequest(requestPem, { usages: ['clientAuth'] }))
    const issuer = new X509Certificate(ca.certificatePem)
    expect(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)).toBe(true)
    expect(certificate.toLegacyObject().subject).toMatchObject({ CN: who.commonName, O: who.organizations })
    expect(certificate.subjectAltName).toBe('DNS:a.example')
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.publicKey.equals(createPublicKey(privateKeyPem))).toBe(true)
  })

  it('can renew with the key at hand, and with an RSA one', async () => {
    for (const algorithm of ['ec-p256', 'rsa-2048'] as const) {
      const privateKeyPem = encodePrivateKey(await generatePrivateKey(algorithm))
      const request = await createCertificateRequest({ ...who, privateKeyPem })
      expect(request.privateKeyPem).toBe(privateKeyPem)
      const certificatePem = await ca.signRequest(request.requestPem, { usages: ['clientAuth'] })
      expect(new X509Certificate(certificatePem).publicKey.equals(createPublicKey(privateKeyPem))).toBe(true)
    }
  })

  it.each(['managed-clusters', 'cluster1:abcde'])('is refused when its "%s" was altered', async (part) => {
    const { requestPem } = await createCertificateRequest(who)
    const tampered = alter(requestPem, part, part.toUpperCase())
    await expect(parseCertificateRequest(tampered)).rejects.toThrow(
      /is not signed by its own key: it was altered/,
    )
    await expect(ca.signRequest(tampered, { usages: ['clientAuth'] })).rejects.toBeInstanceOf(
      CertificateRequestError,
    )
  })

  it('is refused with the key of another', async () => {
    const [mine, theirs] = await Promise.all([createCertificateRequest(who), createCertificateRequest(who)])
    const publicPoint = (pem: string) =>
      createPublicKey(pem).export({ type: 'spki', format: 'der' }).subarray(-64).toString('latin1')
    const swapped = alter(mine.requestPem, publicPoint(mine.privateKeyPem), publicPoint(theirs.privateKeyPem))
    await expect(parseCertificateRequest(swapped)).rejects.toThrow(/is not signed by its own key/)
  })

  it('does not become a CA by asking', async () => {
    const requestPem = await customRequest([new BasicConstraintsExtension(true, undefined, true)])
    const certificate = new X509Certificate(await ca.signRequest(requestPem, { usages: ['serverAuth'] }))
    expect(certificate.ca).toBe(false)
  })

  it('is refused when it asks for a name that is none', async () => {
    const requestPem = await customRequest([
      new SubjectAlternativeNameExtension([{ type: 'dns', value: 'a b' }]),
    ])
    await expect(parseCertificateRequest(requestPem)).rejects.toThrow(CertificateRequestError)
    await expect(parseCertificateRequest(requestPem)).rejects.toThrow(/"a b" is not a DNS name/)
  })

  it('is refused when it names nobody', async () => {
    const requestPem = await customRequest([], '')
    await expect(ca.signRequest(requestPem, { usages: ['clientAuth'] })).rejects.toThrow(/names nobody/)
  })

  it('is refused with a weak RSA key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const { requestPem } = await createCertificateRequest({
      ...who,
      privateKeyPem: encodePrivateKey(privateKey),
    })
    await expect(parseCertificateRequest(requestPem)).rejects.toThrow(/RSA key of 1024 bits: at least 2048/)
  })

  it('is refused when it is something else', async () => {
    const { requestPem } = await createCertificateRequest(who)
    const [block] = parsePemBlocks(requestPem)
    const cut = encodePem('CERTIFICATE REQUEST', block?.der.subarray(0, 100) ?? Buffer.alloc(0))
    await expect(parseCertificateRequest('')).rejects.toThrow(
      /holds no "-----BEGIN CERTIFICATE REQUEST-----" block/,
    )
    await expect(parseCertificateRequest(ca.certificatePem)).rejects.toThrow(/holds no/)
    await expect(parseCertificateRequest(cut)).rejects.toThrow(CertificateRequestError)
  })

  it('is refused with its own error, whichever byte of the signed part is broken', async () => {
    const { requestPem } = await createCertificateRequest({ commonName: 'x', dnsNames: ['a.example'] })
    const [block] = parsePemBlocks(requestPem)
    if (block?.der.readUInt8(4) !== 0x81)
      throw new Error('a length of two bytes was expected of this short request')
    const signed = { start: 3, end: 6 + block.der.readUInt8(5) }
    for (let offset = signed.start; offset < signed.end; offset++) {
      const der = Buffer.from(block.der)
      der.writeUInt8(der.readUInt8(offset) ^ 0xff, offset)
      const broken = encodePem('CERTIFICATE REQUEST', der)
      await expect(parseCertificateRequest(broken), `byte ${offset}`).rejects.toBeInstanceOf(
        CertificateRequestError,
      )
    }
  })
})

/** Replaces bytes of equal length inside the DER of a PEM request. */
function alter(requestPem: string, from: string, to: string): string {
  const [block] = parsePemBlocks(requestPem)
  const der = block?.der.toString('latin1') ?? ''
  expect(der).toContain(from)
  return encodePem(
    'CERTIFICATE REQUEST',
    Buffer.from(
      der.replace(from, () => to),
      'latin1',
    ),
  )
}

/** What our own `createCertificateRequest` would not make. */
async function customRequest(
  extensions: (BasicConstraintsExtension | SubjectAlternativeNameExtension)[],
  name = 'CN=x',
): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const keys = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const csr = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm, extensions })
  return csr.toString('pem')
}
