import { describe, expect, it } from 'vitest'
import type { Secret } from '../../../src/apis/core/v1.ts'
import { accessOfSecret } from '../../../src/operator/klusterlet/kubeconfig-secret.ts'

const kubeconfig = (user: object, cluster: object = {}) =>
  JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'hub', user: 'u' } }],
    clusters: [{ name: 'hub', cluster: { server: 'https://hub.example.com:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  })

function secretOf(texts: Record<string, string>): Secret {
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  )
  return { metadata: { namespace: 'ns', name: 'name' }, data }
}

describe("a Secret's kubeconfig", () => {
  it('has its certificate beside it, whatever file it names', () => {
    const user = { 'client-certificate': '/etc/passwd', 'client-key': 'tls.key' }
    const access = accessOfSecret(
      secretOf({ kubeconfig: kubeconfig(user), 'tls.crt': 'certificate', 'tls.key': 'key' }),
    )
    expect(access).toEqual({
      server: new URL('https://hub.example.com:6443'),
      tls: { cert: 'certificate', key: 'key', rejectUnauthorized: true },
    })
  })

  it('may have a token, a proxy, and another whose place is taken', () => {
    const access = accessOfSecret(
      secretOf({
        kubeconfig: kubeconfig(
          { token: 't', as: 'somebody' },
          { 'proxy-url': 'http://proxy:3128', 'insecure-skip-tls-verify': true },
        ),
      }),
    )
    expect(access).toMatchObject({
      token: 't',
      proxyUrl: 'http://proxy:3128',
      impersonate: { username: 'somebody' },
      tls: { rejectUnauthorized: false },
    })
  })

  it.each([
    ['is not there', {}, 'unable to find kubeconfig in secret "ns" "name"'],
    [
      'has no current context',
      { kubeconfig: '{}' },
      'unable to find the current context "" from the kubeconfig in secret "ns" "name"',
    ],
    [
      'has half of a certificate',
      { kubeconfig: kubeconfig({}), 'tls.crt': 'certificate' },
      'the user has only half of a client certificate and its key',
    ],
  ])('is refused when it %s', (_case, texts, message) => {
    expect(() => accessOfSecret(secretOf(texts))).toThrow(message)
  })
})
