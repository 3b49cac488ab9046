import { describe, expect, it } from 'vitest'
import type { CertificateSigningRequest } from '../../src/apis/certificates/v1.ts'
import { requestedAgent } from '../../src/clusteradm/accept/csr-requesters.ts'
import { createCertificateRequest } from '../../src/pki/index.ts'

const PREFIX = 'system:open-cluster-management:'

async function requestFor(
  commonName: string,
  ...organizations: string[]
): Promise<CertificateSigningRequest> {
  const { requestPem } = await createCertificateRequest({ commonName, organizations })
  const request = Buffer.from(requestPem).toString('base64')
  return { metadata: {}, spec: { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: [] } }
}

describe('the identity that a request asks for', () => {
  it.each([
    [`${PREFIX}c1`, `${PREFIX}managed-clusters`],
    [`${PREFIX}c1`], // as older agents ask
  ])('is that of an agent of the cluster', async (...organizations) => {
    const request = await requestFor(`${PREFIX}c1:agent1`, ...organizations)
    expect(await requestedAgent(request, 'c1')).toBe(`${PREFIX}c1:agent1`)
  })

  it.each([
    ['another user', 'kube-admin', `${PREFIX}c1`],
    ["another cluster's agent", `${PREFIX}c2:agent1`, `${PREFIX}c1`],
    ['an agent of a cluster whose name begins like it', `${PREFIX}c10:agent1`, `${PREFIX}c1`],
    ['an agent without a name', `${PREFIX}c1:`, `${PREFIX}c1`],
    ['what only begins like an agent', `${PREFIX}c1:agent1:addon`, `${PREFIX}c1`],
    ['an agent with one group more', `${PREFIX}c1:agent1`, `${PREFIX}c1`, 'cluster-admins'],
    ["an agent in another cluster's group", `${PREFIX}c1:agent1`, `${PREFIX}c2`],
  ])('is refused to be %s', async (_, commonName, ...organizations) => {
    await expect(requestedAgent(await requestFor(commonName, ...organizations), 'c1')).rejects.toThrow(
      'which is no agent of the cluster c1',
    )
  })
})
