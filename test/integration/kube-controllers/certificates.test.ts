import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertificateRequest, type NewCertificateRequest } from '../../../src/pki/index.ts'
import { type AnyObject, AUTHORITY, ControllersBench } from './controllers-bench.ts'

const REQUESTS = {
  group: 'certificates.k8s.io',
  version: 'v1',
  plural: 'certificatesigningrequests',
  namespaced: false,
}
const API_CLIENT = 'kubernetes.io/kube-apiserver-client'
const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet'
const KUBELET = { commonName: 'system:node:one', organizations: ['system:nodes'] }
const CLIENT_USAGES = ['digital signature', 'client auth']

let bench: ControllersBench

beforeAll(async () => {
  bench = await ControllersBench.start()
})

afterAll(() => bench.close())

async function ask(name: string, spec: object, request: NewCertificateRequest): Promise<AnyObject> {
  const { requestPem } = await createCertificateRequest(request)
  const encoded = Buffer.from(requestPem).toString('base64')
  return bench
    .resource(REQUESTS)
    .create({ metadata: { name }, spec: { request: encoded, ...spec } } as unknown as AnyObject)
}

async function decide(name: string, type: 'Approved' | 'Denied', more = {}): Promise<void> {
  const request = await bench.resource(REQUESTS).get({ name })
  const condition = { type, status: 'True', reason: 'Test', message: '', ...more }
  const status = { ...request.status, conditions: [condition] }
  await bench.resource(REQUESTS).update({ ...request, status } as AnyObject, { subresource: 'approval' })
}

async function until(name: string, isAsWanted: (request: AnyObject) => boolean): Promise<AnyObject> {
  const requests = await bench.until(REQUESTS, {}, (objects) => {
    const request = objects.get(name)
    return request !== undefined && isAsWanted(request)
  })
  return requests.get(name) as AnyObject
}

const hasFailed = ({ status }: AnyObject) =>
  Boolean(status?.conditions?.some(({ type }: { type: string }) => type === 'Failed'))
const isIssued = ({ status }: AnyObject) => Boolean(status?.certificate)

describe('a request that is approved', () => {
  it('is signed for who asks, for the time that is asked for', async () => {
    const spec = { signerName: API_CLIENT, usages: CLIENT_USAGES, expirationSeconds: 7200 }
    await ask('jane', spec, { commonName: 'jane', organizations: ['devs'] })
    await decide('jane', 'Approved')
    const { status } = await until('jane', isIssued)
    const certificate = new X509Certificate(Buffer.from(status.certificate, 'base64'))
    expect(certificate.subject).toBe('O=devs\nCN=jane')
    expect(certificate.checkIssued(new X509Certificate((await AUTHORITY).certificatePem))).toBe(true)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    const leftMs = certificate.validToDate.getTime() - Date.now()
    expect(leftMs).toBeGreaterThan(7000_000)
    expect(leftMs).toBeLessThanOrEqual(7200_000)
  })

  it('has failed when it is not what the signer signs', async () => {
    await ask('wrong', { signerName: API_CLIENT, usages: ['server auth'] }, { commonName: 'jane' })
    await decide('wrong', 'Approved')
    const { status } = await until('wrong', hasFailed)
    expect(status.conditions[1]).toMatchObject({
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message: 'invalid usage for client certificate: server auth',
    })
  })

  it('is signed by those who come after a restart; of other signers and unapproved it is not', async () => {
    await bench.stopControllers()
    await ask('foreign', { signerName: 'example.com/mine', usages: CLIENT_USAGES }, { commonName: 'x' })
    await ask('waiting', { signerName: API_CLIENT, usages: CLIENT_USAGES }, { commonName: 'x' })
    await ask('late', { signerName: API_CLIENT, usages: CLIENT_USAGES }, { commonName: 'x' })
    await decide('foreign', 'Approved')
    await decide('late', 'Approved')
    await bench.startControllers()
    await until('late', isIssued)
    for (const name of ['foreign', 'waiting']) {
      expect((await bench.resource(REQUESTS).get({ name })).status?.certificate).toBeUndefined()
    }
  })
})

describe('a request of a kubelet', () => {
  it('is approved if who asks has the right to, and signed', async () => {
    await ask('kubelet', { signerName: KUBELET_CLIENT, usages: CLIENT_USAGES }, KUBELET)
    const { status } = await until('kubelet', isIssued)
    expect(status.conditions).toEqual([
      expect.objectContaining({
        type: 'Approved',
        reason: 'AutoApproved',
        message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
      }),
    ])
  })

  it('waits for somebody when it names more than a node', async () => {
    const spec = { signerName: KUBELET_CLIENT, usages: CLIENT_USAGES }
    await ask('named', spec, { ...KUBELET, dnsNames: ['node.example'] })
    await ask('after', spec, KUBELET)
    await until('after', isIssued)
    expect((await bench.resource(REQUESTS).get({ name: 'named' })).status?.conditions).toBeUndefined()
  })
})

describe('a request that has had its time', () => {
  it('is deleted an hour after it was denied', async () => {
    await ask('denied', { signerName: API_CLIENT, usages: CLIENT_USAGES }, { commonName: 'x' })
    await decide('denied', 'Denied', { lastUpdateTime: '2020-01-01T00:00:00Z' })
    await bench.untilGone(REQUESTS, 'denied')
  })
})
