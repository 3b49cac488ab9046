import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { credentialsProblem, HubCredentials } from '../../../src/registration/agent/hub-credentials.ts'
import {
  CERTIFICATE_USER,
  type HubCluster,
  hubClusterOf,
  hubKubeconfig,
  isSameHub,
} from '../../../src/registration/agent/hub-kubeconfig.ts'
import { encodeTexts } from '../../../src/registration/agent/secret-data.ts'
import { clusterSubject, parseClusterUser } from '../../../src/registration/cluster-identity.ts'

const HUB: HubCluster = {
  name: 'hub',
  server: 'https://hub.example:6443',
  proxyUrl: 'http://proxy.example:3128',
}
const WANTED = { hub: HUB, clusterName: 'one', agentName: 'agent' }
const HOUR_MS = 3_600_000

let authority: CertificateAuthority

beforeAll(async () => {
  authority = await CertificateAuthority.create({ commonName: 'clients' })
})

async function secretFor(clusterName = 'one', agentName = 'agent', hub = HUB) {
  const issued = await authority.issueClientCertificate({
    ...clusterSubject(clusterName, agentName),
    validityMs: HOUR_MS,
  })
  const texts = {
    kubeconfig: hubKubeconfig(hub, CERTIFICATE_USER),
    'tls.crt': issued.certificatePem,
    'tls.key': issued.privateKeyPem,
  }
  return { metadata: { namespace: 'ns', name: 'hub-kubeconfig-secret' }, data: encodeTexts(texts) }
}

describe("the hub's kubeconfig", () => {
  it('says how to reach the hub, and by which files of the same folder', async () => {
    const text = hubKubeconfig({ ...HUB, certificateAuthorityData: 'Q0E=' }, CERTIFICATE_USER)
    expect(parse(text)).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'default-context',
      clusters: [
        {
          name: 'hub',
          cluster: {
            server: HUB.server,
            'proxy-url': HUB.proxyUrl,
            'certificate-authority-data': 'Q0E=',
          },
        },
      ],
      contexts: [
        {
          name: 'default-context',
          context: { cluster: 'hub', user: 'default-auth', namespace: 'configuration' },
        },
      ],
      users: [{ name: 'default-auth', user: { 'client-certificate': 'tls.crt', 'client-key': 'tls.key' } }],
    })
    expect(isSameHub(await hubClusterOf(text), { ...HUB, certificateAuthorityData: 'Q0E=' })).toBe(true)
  })

  it.each([
    ['server', { server: 'https://other.example' }],
    ['proxy', { proxyUrl: 'http://other.example' }],
    ['authority', { certificateAuthorityData: 'b3RoZXI=' }],
    ['file of the authority', { certificateAuthority: '/ca.crt' }],
    ['name', { name: 'rebuilt' }],
  ])('is for another hub where the %s is another', async (_, change) => {
    const secret = await secretFor('one', 'agent', { ...HUB, ...change })
    expect(await credentialsProblem(secret, WANTED, Date.now())).toContain('another hub')
  })
})

describe('credentials', () => {
  it('do while all fits', async () => {
    expect(await credentialsProblem(await secretFor(), WANTED, Date.now())).toBeUndefined()
  })

  it('do not do when there are none, or without a key, or past their time, or for others', async () => {
    const secret = await secretFor()
    const now = Date.now()
    const { 'tls.key': _, ...withoutKey } = secret.data
    expect(await credentialsProblem(undefined, WANTED, now)).toContain('no kubeconfig')
    expect(await credentialsProblem({ ...secret, data: withoutKey }, WANTED, now)).toContain('key')
    expect(await credentialsProblem(secret, WANTED, now + HOUR_MS + 1)).toContain('expired')
    expect(await credentialsProblem(await secretFor('one', 'b'), WANTED, now)).toContain(
      'another cluster or agent',
    )
    expect(await credentialsProblem(await secretFor('two'), WANTED, now)).toContain(
      'another cluster or agent',
    )
  })

  it('are read from memory alone', async () => {
    const credentials = new HubCredentials()
    const secret = await secretFor()
    credentials.update({ ...secret, metadata: { ...secret.metadata, resourceVersion: '1' } })
    const access = await credentials.readAccess()
    expect(access).toMatchObject({ proxyUrl: HUB.proxyUrl, tls: { rejectUnauthorized: true } })
    expect(access.tls.key).toContain('PRIVATE KEY')
    expect(access.server.href).toBe(`${HUB.server}/`)
  })
})

describe('the user of an agent', () => {
  it.each([
    ['system:open-cluster-management:one:agent', { clusterName: 'one', agentName: 'agent' }],
    ['system:open-cluster-management:one', undefined],
    ['system:open-cluster-management:one:agent:more', undefined],
    ['system:open-cluster-management::agent', undefined],
    ['x:system:open-cluster-management:one:agent', undefined],
  ])('%s is read to the letter', (user, names) => {
    expect(parseClusterUser(user)).toEqual(names)
  })
})
