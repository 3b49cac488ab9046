import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Secret } from '../../../src/apis/core/v1.ts'
import { signedData } from '../../../src/kube-controllers/bootstrap-tokens/bootstrap-signer.ts'
import { detachedSignature } from '../../../src/kube-controllers/bootstrap-tokens/detached-signature.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const CONTENT = 'apiVersion: v1\nkind: Config\n'

function token(id: string, changes: Record<string, string> = {}, name = `bootstrap-token-${id}`): Secret {
  const data = { 'token-id': id, 'token-secret': 'secret', 'usage-bootstrap-signing': 'true', ...changes }
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
  return { metadata: { namespace: 'kube-system', name }, data: Object.fromEntries(encoded) }
}

describe('the signature of a bootstrap token', () => {
  it('is a JSON Web Signature without its text', () => {
    const [header = '', payload, signature] = detachedSignature(CONTENT, 'abcdef', 'secret').split('.')
    expect(Buffer.from(header, 'base64url').toString()).toBe('{"alg":"HS256","kid":"abcdef"}')
    expect(payload).toBe('')
    const signed = `${header}.${Buffer.from(CONTENT).toString('base64url')}`
    expect(signature).toBe(createHmac('sha256', 'secret').update(signed).digest('base64url'))
  })
})

describe('cluster-info', () => {
  const data = { kubeconfig: CONTENT, other: 'x', 'jws-kubeconfig-zzzzzz': 'of a token that is gone' }

  it('is signed by each token that is for that', () => {
    expect(signedData(data, [token('aaaaaa'), token('bbbbbb')], NOW)).toEqual({
      kubeconfig: CONTENT,
      other: 'x',
      'jws-kubeconfig-aaaaaa': detachedSignature(CONTENT, 'aaaaaa', 'secret'),
      'jws-kubeconfig-bbbbbb': detachedSignature(CONTENT, 'bbbbbb', 'secret'),
    })
  })

  it.each([
    ['is for something else', token('aaaaaa', { 'usage-bootstrap-signing': 'false' })],
    ['has expired', token('aaaaaa', { expiration: '2025-12-31T23:59:59Z' })],
    ['has no secret', token('aaaaaa', { 'token-secret': '' })],
    ['has another name', token('aaaaaa', {}, 'bootstrap-token-bbbbbb')],
  ])('is not signed by a token that %s', (_, secret) => {
    expect(signedData(data, [secret], NOW)).toEqual({ kubeconfig: CONTENT, other: 'x' })
  })
})
