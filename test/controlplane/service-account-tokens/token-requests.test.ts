import { createHash, createPublicKey } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { StatusError } from '../../../src/controlplane/api/status.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'
import { SigningKey } from '../../../src/controlplane/service-account-tokens/index.ts'
import { generatePrivateKey } from '../../../src/pki/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { kubeObject } from '../authentication/memory-lookup.ts'
import { BOB, decoded, ISSUER, START, TokenFixture } from './tokens-fixture.ts'

const TARGET = { namespace: 'rec', name: 'bob' }

let fixture: TokenFixture

beforeEach(() => {
  fixture = new TokenFixture()
})

function request(spec: unknown, metadata: unknown = {}): KubeObject {
  return { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata, spec } as KubeObject
}

async function refusal(spec: unknown, metadata: unknown = {}) {
  const error = await fixture.requests.create(TARGET, request(spec, metadata)).catch((each: unknown) => each)
  return (error as StatusError).toStatus()
}

async function claimsFor(spec: unknown) {
  const { status } = await fixture.requests.create(TARGET, request(spec))
  return decoded((status as { token: string }).token).claims
}

function bind(kind: string, name: string, uid?: string) {
  return { boundObjectRef: { kind, apiVersion: 'v1', name, ...(uid === undefined ? {} : { uid }) } }
}

function addPod(spec: Readonly<Record<string, unknown>>): void {
  fixture.lookup.set('pods', kubeObject('Pod', { name: 'web', namespace: 'rec', uid: 'web-uid' }, { spec }))
}

describe('a TokenRequest', () => {
  it('is answered as recorded', async () => {
    const { request: sent, response } = recordedExchange('token request')
    const recorded = response.body as { metadata: Record<string, unknown>; status: Record<string, unknown> }
    const answer = await fixture.requests.create(TARGET, { ...(sent.body as KubeObject), metadata: {} })
    const { managedFields: _, ...metadata } = recorded.metadata // are written by whoever keeps track of the fields
    const expected = {
      ...recorded,
      metadata: { ...metadata, uid: 'bob-uid' },
      status: { ...recorded.status, token: (answer.status as { token: string }).token },
    }
    expect(JSON.stringify(answer)).toBe(JSON.stringify(expected))
  })

  it('for less than ten minutes is refused as recorded', async () => {
    const { request: sent, response } = recordedExchange('token too short')
    expect(await refusal((sent.body as KubeObject).spec)).toEqual(response.body)
  })

  it.each<[spec: unknown, metadata: unknown, code: number, message: string]>([
    [
      { expirationSeconds: 2 ** 32 + 1 },
      {},
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
    ],
    [
      {},
      { name: 'eve' },
      422,
      'TokenRequest.authentication.k8s.io "bob" is invalid: metadata.name: Invalid value: "eve": must match the service account name if specified',
    ],
    [
      {},
      { namespace: 'other' },
      422,
      'TokenRequest.authentication.k8s.io "bob" is invalid: metadata.namespace: Invalid value: "other": must match the service account namespace if specified',
    ],
    [
      {},
      { uid: 'u' },
      409,
      'Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "bob": the UID in the token request (u) does not match the UID of the service account (bob-uid)',
    ],
    [bind('ConfigMap', 'x'), {}, 400, 'cannot bind token to object of type /v1, Kind=ConfigMap'],
    [
      { boundObjectRef: { kind: 'Pod', apiVersion: 'apps/v1', name: 'x' } },
      {},
      400,
      'cannot bind token to object of type apps/v1, Kind=Pod',
    ],
    [bind('Pod', 'x'), {}, 404, 'pods "x" not found'],
    [bind('Node', 'x'), {}, 404, 'nodes "x" not found'],
    [bind('__proto__', 'x'), {}, 400, 'cannot bind token to object of type /v1, Kind=__proto__'],
    [
      { expirationSeconds: '600' },
      {},
      400,
      'TokenRequest in version "v1" cannot be handled as a TokenRequest: json: cannot unmarshal string into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64',
    ],
    [
      { expirationSeconds: 600.5 },
      {},
      400,
      'TokenRequest in version "v1" cannot be handled as a TokenRequest: json: cannot unmarshal number 600.5 into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64',
    ],
    [
      { audiences: [1] },
      {},
      400,
      'TokenRequest in version "v1" cannot be handled as a TokenRequest: json: cannot unmarshal number 1 into Go struct field TokenRequestSpec.spec.audiences of type string',
    ],
  ])('%j with %j is refused with %i', async (spec, metadata, code, message) => {
    expect(await refusal(spec, metadata)).toMatchObject({ code, message })
  })

  it('for an account that is not there is not found', async () => {
    fixture.lookup.delete('serviceaccounts', 'rec', 'bob')
    expect(await refusal({})).toMatchObject({ code: 404, message: 'serviceaccounts "bob" not found' })
  })

  it('cannot be bound to a pod of another account, nor to one with another uid', async () => {
    addPod({ serviceAccountName: 'eve' })
    expect(await refusal(bind('Pod', 'web'))).toMatchObject({
      code: 400,
      message:
        'cannot bind token for serviceaccount "bob" to pod running with different serviceaccount name.',
    })
    addPod({ serviceAccountName: 'bob' })
    expect(await refusal(bind('Pod', 'web', 'old'))).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on Pod "web": the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
    })
  })
})

describe('a token', () => {
  const seconds = START / 1_000

  it('says what the original does, in its order', async () => {
    const claims = (await claimsFor({})) as { readonly jti: string }
    expect(JSON.stringify(claims)).toBe(
      JSON.stringify({
        aud: [ISSUER],
        exp: seconds + 3_600,
        iat: seconds,
        iss: ISSUER,
        jti: claims.jti,
        'kubernetes.io': { namespace: 'rec', serviceaccount: { name: 'bob', uid: 'bob-uid' } },
        nbf: seconds,
        sub: 'system:serviceaccount:rec:bob',
      }),
    )
    expect(claims.jti).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  })

  it.each<[nodes: readonly string[], node: object]>([
    [['n1'], { name: 'n1', uid: 'n1-uid' }],
    [[], { name: 'n1' }],
  ])('of a pod names its node as far as it is known: %j', async (nodes, node) => {
    for (const name of nodes) fixture.lookup.set('nodes', kubeObject('Node', { name, uid: `${name}-uid` }))
    addPod({ serviceAccountName: 'bob', nodeName: 'n1' })
    expect(await claimsFor(bind('Pod', 'web', 'web-uid'))).toMatchObject({
      'kubernetes.io': { node, pod: { name: 'web', uid: 'web-uid' } },
    })
  })

  it.each([
    [{ expirationSeconds: 3_607 }, 31_536_000, seconds + 3_607],
    [{ expirationSeconds: 3_608 }, 3_608, undefined],
    [{ expirationSeconds: 3_607, audiences: ['vault'] }, 3_607, undefined],
  ])('of a pod that asks for %j is good for %i s', async (spec, expires, warnafter) => {
    addPod({ serviceAccountName: 'bob' })
    const claims = await claimsFor({ ...bind('Pod', 'web'), ...spec })
    expect(claims).toMatchObject({ exp: seconds + expires })
    expect((claims as Record<string, Record<string, unknown>>)['kubernetes.io']?.warnafter).toBe(warnafter)
  })

  it('names its key by the hash of the public half', async () => {
    const key = await generatePrivateKey()
    const der = createPublicKey(key).export({ type: 'spki', format: 'der' })
    const kid = createHash('sha256').update(der).digest('base64url')
    const token = await new SigningKey(key).sign('{}')
    expect(JSON.stringify(decoded(token).header)).toBe(JSON.stringify({ alg: 'ES256', kid }))
  })
})

describe('the token of a Secret', () => {
  it('is written as the token controller does', async () => {
    const secret = kubeObject(
      'Secret',
      { name: 's', namespace: 'rec', annotations: { 'kubernetes.io/service-account.name': 'bob' } },
      { type: 'kubernetes.io/service-account-token', data: { mine: 'eA==' } },
    )
    const filled = await fixture.issuer.fillTokenSecret(secret, BOB, 'PEM')
    const data = filled.data as Readonly<Record<string, string>>
    expect(filled.metadata.annotations).toEqual({
      'kubernetes.io/service-account.name': 'bob',
      'kubernetes.io/service-account.uid': 'bob-uid',
    })
    expect(data).toMatchObject({ mine: 'eA==', 'ca.crt': 'UEVN', namespace: 'cmVj' })
    expect(decoded(Buffer.from(data.token ?? '', 'base64').toString()).claims).toEqual({
      iss: 'kubernetes/serviceaccount',
      'kubernetes.io/serviceaccount/namespace': 'rec',
      'kubernetes.io/serviceaccount/secret.name': 's',
      'kubernetes.io/serviceaccount/service-account.name': 'bob',
      'kubernetes.io/serviceaccount/service-account.uid': 'bob-uid',
      sub: 'system:serviceaccount:rec:bob',
    })
  })
})
