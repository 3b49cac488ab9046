import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/common/log.ts'
import { ControlPlane, ControlPlaneCredentials, MemoryJournal } from '../../../src/controlplane/index.ts'
import { CertificateAuthority, type KeyedCertificate } from '../../../src/pki/index.ts'
import { ApiClient } from '../../support/api-client.ts'

const HOST = '127.0.0.1'
const AN_HOUR_MS = 60 * 60_000
const MASTERS = { commonName: 'somebody', organizations: ['system:masters'] }
const WHO = '/apis/authentication.k8s.io/v1/selfsubjectreviews'

let directory: string
let ahead = 0
let controlPlane: ControlPlane
let authority: CertificateAuthority
let token: string
const clients: ApiClient[] = []

function clientWith(identity: KeyedCertificate, headers = {}): ApiClient {
  const { certificatePem: cert, privateKeyPem: key } = identity
  const tls = { ca: authority.certificatePem, cert, key, rejectUnauthorized: true }
  const client = new ApiClient(new URL(`https://${HOST}:${controlPlane.port}`), tls, headers)
  clients.push(client)
  return client
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'client-certificates-'))
  const clock = { now: () => Date.now() + ahead }
  const credentials = await ControlPlaneCredentials.open(directory, {
    server: `https://${HOST}:6443`,
    names: { dnsNames: [], ipAddresses: [HOST] },
    clock,
  })
  authority = credentials.authority
  controlPlane = await ControlPlane.open(
    { log: silentLogger, journal: new MemoryJournal(), credentials, clock },
    {
      host: HOST,
      port: 0,
      flag: '--secure-port',
      address: `${HOST}:6443`,
      serviceCidrs: ['10.96.0.0/16'],
      release: '0.0.0',
    },
  )
  await controlPlane.start()
  const admin = clientWith(await authority.issueClientCertificate(MASTERS))
  await admin.post('/api/v1/namespaces', { metadata: { name: 'certificates' } })
  const accounts = '/api/v1/namespaces/certificates/serviceaccounts'
  await admin.post(accounts, { metadata: { name: 'robot' } })
  const { json } = await admin.post(`${accounts}/robot/token`, { spec: { expirationSeconds: 24 * 3600 } })
  token = json.status.token
})
afterAll(async () => {
  for (const client of clients) client.close()
  await controlPlane.stop()
  await rm(directory, { recursive: true })
})

describe.each([
  [
    'of an authority that is not ours, by the name of ours',
    async () => {
      const { subject } = new X509Certificate(authority.certificatePem)
      const other = await CertificateAuthority.create({ commonName: subject.replace(/^CN=/, '') })
      return other.issueClientCertificate(MASTERS)
    },
  ],
  ['that names itself its authority', async () => CertificateAuthority.create({ ...MASTERS })],
  [
    'of ours for servers only',
    () => authority.issueServerCertificate({ ...MASTERS, dnsNames: ['somebody'] }),
  ],
  ['of ours that is over', () => authority.issueClientCertificate({ ...MASTERS, validityMs: AN_HOUR_MS })],
])('a client certificate %s', (_, issue) => {
  let identity: KeyedCertificate
  beforeAll(async () => {
    identity = await issue()
    ahead = 2 * AN_HOUR_MS
  })
  afterAll(() => {
    ahead = 0
  })

  it('is nobody, not even anonymous', async () => {
    const client = clientWith(identity)
    for (const at of ['/version', '/livez', '/api/v1/namespaces']) {
      const { status, json } = await client.get(at)
      expect([status, json.reason, json.message]).toEqual([401, 'Unauthorized', 'Unauthorized'])
    }
  })

  it('does not make a token beside it worse, nor better', async () => {
    const good = await clientWith(identity, { authorization: `Bearer ${token}` }).post(WHO, {})
    expect(good.json.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:certificates:robot',
      groups: expect.not.arrayContaining(['system:masters']),
    })
    const bad = await clientWith(identity, { authorization: 'Bearer nothing' }).post(WHO, {})
    expect(bad.status).toBe(401)
  })
})

it('a certificate ends on a connection that is older than its end', async () => {
  const client = clientWith(await authority.issueClientCertificate({ ...MASTERS, validityMs: AN_HOUR_MS }))
  expect((await client.get('/api/v1/namespaces')).status).toBe(200)
  ahead = 2 * AN_HOUR_MS
  expect((await client.get('/api/v1/namespaces')).status).toBe(401)
  ahead = 0
})
