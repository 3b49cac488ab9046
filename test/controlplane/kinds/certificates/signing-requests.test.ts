import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import { requestProblem } from '../../../../src/controlplane/kinds/certificates/request-problem.ts'
import { signerNameErrors } from '../../../../src/controlplane/kinds/certificates/signer-name.ts'
import { withRequester } from '../../../../src/controlplane/kinds/index.ts'
import type { KubeObject } from '../../../../src/controlplane/registry/index.ts'
import { createCertificateRequest } from '../../../../src/pki/index.ts'
import { causesOf, causesOfCreating, KindWriter } from '../kind-writer.ts'

const KEY = 'certificatesigningrequests.certificates.k8s.io'
const subject = { commonName: 'u', organizations: ['g'] }
const { requestPem } = await createCertificateRequest(subject)
const base64 = (text: string) => Buffer.from(text).toString('base64')

const csr = (spec: object = {}) => ({
  metadata: { name: 'c' },
  spec: { request: base64(requestPem), signerName: 'example.com/s', usages: ['client auth'], ...spec },
})

describe('a request', () => {
  it.each([
    ['rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['ec', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ])('is verified with its %s key', async (_, key) => {
    const privateKeyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
    const made = await createCertificateRequest({ ...subject, privateKeyPem })
    expect(requestProblem(made.requestPem)).toBeUndefined()
  })

  it('is not taken with another signature', () => {
    const der = Buffer.from(requestPem.split('\n').slice(1, -2).join(''), 'base64')
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    expect(requestProblem(pem)).toBe('x509: ECDSA verification failure')
  })

  it.each([
    ['', 'PEM block type must be CERTIFICATE REQUEST'],
    [
      requestPem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'),
      'PEM block type must be CERTIFICATE REQUEST',
    ],
    [
      '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n',
      'asn1: syntax error: sequence truncated',
    ],
    [
      '-----BEGIN CERTIFICATE REQUEST-----\nMAAA\n-----END CERTIFICATE REQUEST-----\n',
      'asn1: syntax error: data truncated',
    ],
  ])('is one: %j', (pem, problem) => {
    expect(requestProblem(pem)).toBe(problem)
  })

  it('is judged, whatever its bytes are', () => {
    const der = Buffer.from(requestPem.split('\n').slice(1, -2).join(''), 'base64')
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const broken = Buffer.from(der)
        broken[at] = (broken[at] ?? 0) ^ mask
        const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${broken.toString('base64')}\n-----END CERTIFICATE REQUEST-----`
        expect(requestProblem(pem)).toEqual(expect.any(String))
      }),
    )
  })
})

describe('what is refused', () => {
  it.each([
    [{ usages: [] }, ['spec.usages: Required value']],
    [{ usages: ['client auth', 'client auth'] }, ['spec.usages[1]: Duplicate value: "client auth"']],
    [
      { usages: ['other'] },
      [expect.stringMatching(/^spec\.usages\[0\]: Unsupported value: "other": supported values: "any", /)],
    ],
    [
      { expirationSeconds: 599 },
      [
        'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
      ],
    ],
    [
      { signerName: 'kubernetes.io/legacy-unknown' },
      [
        'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
      ],
    ],
  ])('%j', async (spec, causes) => {
    expect(await causesOfCreating(KEY, csr(spec))).toEqual(causes)
  })

  it.each([
    ['', ['Required value']],
    [
      'a',
      [`Invalid value: "a": must be a fully qualified domain and path of the form 'example.com/signer-name'`],
    ],
    ['a/b', ['Invalid value: "a": should be a domain with at least two segments separated by dots']],
    ['a.b/c.d', []],
    [
      'A.b/c',
      [expect.stringMatching(/^Invalid value: "A.b": validating label "A": a lowercase RFC 1123 label/)],
    ],
    [
      `${'a'.repeat(63)}.${'b'.repeat(190)}/c`,
      [
        'Too long: may not be more than 253 bytes',
        expect.stringMatching(/validating label "b+": must be no more than 63 bytes$/),
      ],
    ],
  ])('a signer named %j', (name, messages) => {
    expect(signerNameErrors(name, 'f').map(({ message }) => message)).toEqual(messages)
  })
})

describe('who asks', () => {
  it('is who has sent it', () => {
    const forged = {
      kind: 'CertificateSigningRequest',
      apiVersion: 'certificates.k8s.io/v1',
      ...csr({
        username: 'root',
        uid: '0',
        groups: ['system:masters'],
        extra: { a: ['b'] },
      }),
    } as KubeObject
    expect(withRequester(forged, { name: 'me', groups: [] })).toEqual({
      ...forged,
      spec: { ...csr().spec, username: 'me' },
    })
  })
})

describe('a request that is there', () => {
  let writer: KindWriter
  beforeEach(async () => {
    writer = await KindWriter.open(KEY)
    await writer.create(csr())
  })
  afterEach(() => writer.close())

  const approved = { type: 'Approved', status: 'True' }
  const merge = async (status: JsonObject, subresource?: string) =>
    causesOf(await writer.merge('c', { status }, subresource))

  it('stays as it was asked for, and leaves approving and issuing to others', async () => {
    const patch = { spec: { signerName: 'example.com/t' }, status: { conditions: [approved] } }
    const answer = await writer.merge('c', patch)
    expect(answer).toMatchObject({ spec: { signerName: 'example.com/s' }, status: {} })
    expect((answer.status as JsonObject).conditions).toBeUndefined()
  })

  it('is approved by its own subresource only', async () => {
    expect(await merge({ conditions: [approved] }, 'status')).toEqual([
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    ])
    expect(await merge({ conditions: [approved] }, 'approval')).toEqual([])
    expect(await merge({ conditions: [] }, 'approval')).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ])
  })

  it('is not approved and denied', async () => {
    expect(await merge({ conditions: [approved, { type: 'Denied', status: 'True' }] }, 'approval')).toEqual([
      'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ])
  })

  it.each([
    [{ type: 'Approved', status: 'False' }, ['status: Unsupported value: "False": supported values: "True"']],
    [{ type: '', status: 'True' }, ['type: Required value']],
    [{ type: 'Other', status: '' }, ['status: Required value']],
  ])('is refused the condition %j', async (condition, causes) => {
    const found = await merge({ conditions: [condition] }, 'approval')
    expect(found).toEqual(causes.map((cause) => `status.conditions[0].${cause}`))
  })

  it('keeps the times of a condition that stays', async () => {
    const time = '2026-01-01T00:00:00Z'
    await merge({ conditions: [{ ...approved, lastTransitionTime: time }] }, 'approval')
    const { status } = await writer.merge('c', { status: { conditions: [approved] } }, 'approval')
    expect(status).toEqual({
      conditions: [{ ...approved, lastUpdateTime: '2026-11-22T11:56:12Z', lastTransitionTime: time }],
    })
  })

  it('takes a chain of certificates once, from its signer', async () => {
    expect(await merge({ certificate: base64('nope') }, 'status')).toEqual([
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    ])
    expect(await merge({ certificate: base64(requestPem) }, 'status')).toEqual([
      'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
    ])
  })
})
