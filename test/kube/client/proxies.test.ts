import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KubeClient, KubeRequestError } from '../../../src/kube/index.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { ConnectProxy } from '../../support/connect-proxy.ts'
import { TestControlPlane } from '../../support/control-plane.ts'

let server: TestControlPlane
let authority: CertificateAuthority
let plain: ConnectProxy
let secure: ConnectProxy

beforeAll(async () => {
  server = await TestControlPlane.start()
  authority = await CertificateAuthority.create({ commonName: 'proxies' })
  const issued = await authority.issueServerCertificate({ ipAddresses: ['127.0.0.1'] })
  plain = await ConnectProxy.start()
  secure = await ConnectProxy.start({ tls: { cert: issued.certificatePem, key: issued.privateKeyPem } })
})

afterAll(async () => {
  await Promise.all([plain.close(), secure.close()])
  await server.close()
})

async function versionThrough(proxyUrl: string, ca: string): Promise<unknown> {
  const tls = { ...server.tls, ca }
  const client = new KubeClient(
    { readAccess: async () => ({ server: server.url, tls, proxyUrl }) },
    { retries: 0 },
  )
  try {
    return await client.request({ method: 'GET', path: '/version' })
  } finally {
    await client.stop()
  }
}

describe('an API behind a proxy', () => {
  it('is reached by CONNECT, and its own certificate is verified', async () => {
    const ca = server.tls.ca ?? ''
    expect(await versionThrough(plain.url, ca)).toHaveProperty('gitVersion')
    expect(plain.targets).toEqual([server.url.host])
    await expect(versionThrough(plain.url, authority.certificatePem)).rejects.toThrow(KubeRequestError)
  })

  it('is reached over TLS to the proxy, whose certificate is verified by the same authorities', async () => {
    const both = (server.tls.ca ?? '') + authority.certificatePem
    expect(await versionThrough(secure.url, both)).toHaveProperty('gitVersion')
    expect(secure.targets).toEqual([server.url.host])
    await expect(versionThrough(secure.url, server.tls.ca ?? '')).rejects.toThrow(KubeRequestError)
    expect(secure.targets).toHaveLength(1)
  })
})
