import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ManagedClusterAddOn } from '../../../src/apis/addon/v1alpha1.ts'
import type { CertificateSigningRequest } from '../../../src/apis/certificates/v1.ts'
import { createCertificateRequest, encodePrivateKey, generatePrivateKey } from '../../../src/pki/index.ts'
import { Pkcs10CertificateRequestGenerator } from '../../../src/pki/x509.ts'
import { isDefaultAddOnRequest } from '../../../src/registration/hub/add-ons/add-on-request.ts'
import { clusterRequestOf } from '../../../src/registration/hub/signing-requests/cluster-request.ts'

const PREFIX = 'system:open-cluster-management:'
const MANAGED_CLUSTERS = `${PREFIX}managed-clusters`
const SIGNER = 'kubernetes.io/kube-apiserver-client'

interface Asked {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly signerName?: string
  readonly username?: string
}

let privateKeyPem: string

beforeAll(async () => {
  privateKeyPem = encodePrivateKey(await generatePrivateKey())
})

async function request(asked: Asked): Promise<CertificateSigningRequest> {
  const { commonName, organizations, labels, signerName = SIGNER, username = '' } = asked
  const { requestPem } = await createCertificateRequest({ commonName, organizations, privateKeyPem })
  return {
    metadata: { name: 'x', labels: labels ?? { 'open-cluster-management.io/cluster-name': 'c1' } },
    spec: { request: Buffer.from(requestPem).toString('base64'), signerName, username },
  }
}

const good: Asked = {
  commonName: `${PREFIX}c1:agent1`,
  organizations: [`${PREFIX}c1`, MANAGED_CLUSTERS],
}

describe('a signing request of a managed cluster', () => {
  it('is one that asks for exactly the identity of an agent of the cluster in its label', async () => {
    const asked = { clusterName: 'c1', user: `${PREFIX}c1:agent1` }
    expect(await clusterRequestOf(await request(good))).toEqual(asked)
    expect(await clusterRequestOf(await request({ ...good, organizations: [`${PREFIX}c1`] }))).toEqual(asked)
    const twice = { ...good, organizations: [`${PREFIX}c1`, `${PREFIX}c1`, MANAGED_CLUSTERS] }
    expect(await clusterRequestOf(await request(twice))).toEqual(asked)
  })

  it.each<[string, Partial<Asked>]>([
    ['no label', { labels: {} }],
    ['an empty label', { labels: { 'open-cluster-management.io/cluster-name': '' } }],
    ['the label of another cluster', { labels: { 'open-cluster-management.io/cluster-name': 'c2' } }],
    ['another signer', { signerName: 'kubernetes.io/kube-apiserver-client-kubelet' }],
    ['no group', { organizations: [] }],
    ['only the common group', { organizations: [MANAGED_CLUSTERS] }],
    ['one group more', { organizations: [...good.organizations, 'system:masters'] }],
    ['the group of another cluster', { organizations: [`${PREFIX}c2`, MANAGED_CLUSTERS] }],
    ['a group that begins like the cluster’s', { organizations: [`${PREFIX}c11`, MANAGED_CLUSTERS] }],
    ['a group that the cluster’s begins with', { organizations: [`${PREFIX}c`, MANAGED_CLUSTERS] }],
    ['the user of another cluster', { commonName: `${PREFIX}c2:agent1` }],
    ['a user that begins like the cluster’s', { commonName: `${PREFIX}c11:agent1` }],
    ['no agent', { commonName: `${PREFIX}c1` }],
    ['an empty agent', { commonName: `${PREFIX}c1:` }],
    ['more than an agent', { commonName: `${PREFIX}c1:agent1:more` }],
    ['an add-on', { commonName: `${PREFIX}cluster:c1:addon:a:agent:a` }],
    ['another prefix', { commonName: 'system:c1:agent1' }],
  ])('is none with %s', async (_, change) => {
    expect(await clusterRequestOf(await request({ ...good, ...change }))).toBeUndefined()
  })

  it('is none that no request can be read of, or whose first block is something else', async () => {
    const { spec, ...rest } = await request(good)
    const pem = Buffer.from(spec.request, 'base64').toString()
    const other = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    for (const text of [
      '',
      'nonsense',
      other + pem,
      pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'),
      pem.replace(/\n[^-]{8}/, '\nAAAAAAAA'),
    ]) {
      const changed = { ...rest, spec: { ...spec, request: Buffer.from(text).toString('base64') } }
      expect(await clusterRequestOf(changed), text).toBeUndefined()
    }
  })

  it('is one for the last of several users, whom API servers take its owner for', async () => {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ])
    const withUsers = async (...users: string[]) => {
      const names = users.map((user) => ({ CN: [user] }))
      const made = await Pkcs10CertificateRequestGenerator.create({
        name: [...good.organizations.map((group) => ({ O: [group] })), ...names],
        keys,
        signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      })
      const { spec, ...rest } = await request(good)
      return { ...rest, spec: { ...spec, request: Buffer.from(made.toString('pem')).toString('base64') } }
    }
    const [own, other] = [good.commonName, `${PREFIX}c2:agent1`]
    expect(await clusterRequestOf(await withUsers(own, other))).toBeUndefined()
    expect(await clusterRequestOf(await withUsers(other, own))).toEqual({ clusterName: 'c1', user: own })
    expect(await clusterRequestOf(await withUsers())).toBeUndefined()
  })

  it('is read without a fault, or not at all, whatever its bytes', async () => {
    const { spec, ...rest } = await request(good)
    const pem = Buffer.from(spec.request, 'base64').toString()
    const der = Buffer.from(pem.replace(/-----[A-Z ]+-----|\n/g, ''), 'base64')
    const change = fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 0, max: 255 }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(der.length),
        async (changes, length) => {
          const bytes = Buffer.from(length % 3 === 0 ? der.subarray(0, length) : der)
          for (const [index, byte] of changes) if (index < bytes.length) bytes[index] = byte
          const text = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
          const changed = { ...rest, spec: { ...spec, request: Buffer.from(text).toString('base64') } }
          const asked = await clusterRequestOf(changed)
          expect(asked === undefined || asked.clusterName === 'c1').toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('never gives a user of one cluster to another, whatever the names', async () => {
    const part = fc.oneof(
      fc.constantFrom('c1', 'c', 'c11', 'c1:x', '__proto__', 'managed-clusters', '', ' c1', 'C1'),
      fc.string({ maxLength: 12 }),
    )
    await fc.assert(
      fc.asyncProperty(
        part,
        part,
        part,
        fc.array(part, { maxLength: 3 }),
        async (label, cluster, agent, groups) => {
          const asked = await clusterRequestOf(
            await request({
              commonName: `${PREFIX}${cluster}:${agent}`,
              organizations: groups.map((group) => `${PREFIX}${group}`),
              labels: { 'open-cluster-management.io/cluster-name': label },
            }),
          )
          if (!asked) return
          const own = groups.filter((group) => group !== 'managed-clusters')
          expect(asked.clusterName).toBe(label)
          expect(new Set(own)).toEqual(new Set([label]))
          expect(asked.user).toBe(`${PREFIX}${label}:${asked.user.slice(PREFIX.length + label.length + 1)}`)
          expect(asked.user.slice(PREFIX.length).split(':')).toHaveLength(2)
        },
      ),
      { numRuns: 80 },
    )
  })
})

describe('a signing request of an add-on', () => {
  const user = `${PREFIX}cluster:c1:addon:a:agent:a`
  const addOn: ManagedClusterAddOn = {
    metadata: { namespace: 'c1', name: 'a' },
    spec: {},
    status: { registrations: [{ signerName: SIGNER, subject: { user } }] },
  }
  const asked: Asked = {
    commonName: user,
    organizations: [`${PREFIX}cluster:c1:addon:a`, `${PREFIX}addon:a`],
    username: `${PREFIX}c1:agent1`,
  }

  it('is one of its own cluster’s agent for what its manager has registered', async () => {
    expect(await isDefaultAddOnRequest(await request(asked), addOn)).toBe(true)
    const older = { ...asked, organizations: [...asked.organizations, 'system:authenticated'] }
    expect(await isDefaultAddOnRequest(await request(older), addOn)).toBe(true)
  })

  it.each<[string, Partial<Asked>]>([
    ['another signer', { signerName: 'example.com/signer' }],
    ['a requester whose cluster begins alike', { username: `${PREFIX}c11:agent1` }],
    ['a requester who is no agent', { username: `${PREFIX}c1` }],
    ['a third group', { organizations: [...asked.organizations, `${PREFIX}c2`] }],
    ['one group less', { organizations: asked.organizations.slice(0, 1) }],
    ['another add-on', { commonName: user.replace('addon:a', 'addon:b') }],
    ['an agent with parts', { commonName: `${user}:x` }],
    ['an agent that is not registered', { commonName: `${user}x` }],
  ])('is none with %s', async (_, change) => {
    expect(await isDefaultAddOnRequest(await request({ ...asked, ...change }), addOn)).toBe(false)
  })

  it('is none while the add-on is not registered', async () => {
    expect(await isDefaultAddOnRequest(await request(asked), { ...addOn, status: {} })).toBe(false)
  })
})
