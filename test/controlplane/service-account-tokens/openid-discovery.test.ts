import { createPublicKey, generateKeyPairSync, type JsonWebKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  jsonWebKeySet,
  openIdConfiguration,
  SigningKey,
} from '../../../src/controlplane/service-account-tokens/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'

const ec = (namedCurve: string) => new SigningKey(generateKeyPairSync('ec', { namedCurve }).privateKey)
const rsa = () => new SigningKey(generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey)

describe('OpenID discovery', () => {
  it('answers as recorded', () => {
    const { body } = recordedExchange('health /.well-known/openid-configuration').response
    const configuration = openIdConfiguration(rsa(), 'https://kubernetes.default.svc', '192.0.2.2:26443')
    expect(JSON.stringify(configuration)).toBe(JSON.stringify(body))
  })

  it.each([
    ['ES256', ec('prime256v1'), ['use', 'kty', 'kid', 'crv', 'alg', 'x', 'y']],
    ['ES384', ec('secp384r1'), ['use', 'kty', 'kid', 'crv', 'alg', 'x', 'y']],
    ['ES512', ec('secp521r1'), ['use', 'kty', 'kid', 'crv', 'alg', 'x', 'y']],
    ['RS256', rsa(), ['use', 'kty', 'kid', 'alg', 'n', 'e']],
  ])('shows the public half of an %s key, and nothing else', async (algorithm, key, fields) => {
    const { keys } = await jsonWebKeySet(key)
    expect(keys.map((each) => [each.alg, each.kid, Object.keys(each)])).toEqual([[algorithm, key.id, fields]])
  })

  it('lets a relying party verify a token', async () => {
    const key = ec('prime256v1')
    const [jwk] = (await jsonWebKeySet(key)).keys
    const [header, payload, signature = ''] = (await key.sign('{"sub":"x"}')).split('.')
    const publicKey = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
    const signed = Buffer.from(`${header}.${payload}`)
    const options = { key: publicKey, dsaEncoding: 'ieee-p1363' as const }
    expect(verify('sha256', signed, options, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('refuses a key that tokens cannot be signed with', () => {
    expect(() => new SigningKey(generateKeyPairSync('ed25519').privateKey)).toThrow(/give an RSA key/)
    expect(() => ec('secp256k1')).toThrow(/P-256/)
  })
})
