import { createHash, createPublicKey } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { caPins, pinnedCertificates, requirePins } from '../../src/clusteradm/hub-trust/ca-pin.ts'
import { tokenExpiry } from '../../src/clusteradm/hub-trust/jwt-expiry.ts'
import { createTestPki, type TestPki } from '../support/test-pki.ts'

let pki: TestPki

beforeAll(async () => {
  pki = await createTestPki()
})

describe("the hash of a hub's CA", () => {
  it("is that of its public key, as kubeadm's", () => {
    const key = createPublicKey(pki.frontendCa.caPem).export({ type: 'spki', format: 'der' })
    expect(caPins(pki.frontendCa.caPem)).toEqual([`sha256:${createHash('sha256').update(key).digest('hex')}`])
  })

  it('chooses among the certificates of a bundle', () => {
    const [one, other] = [pki.frontendCa.caPem, pki.agentCa.caPem]
    const bundle = `${one}\n${other}`
    expect(caPins(bundle)).toHaveLength(2)
    expect(caPins(pinnedCertificates(bundle, caPins(other)))).toEqual(caPins(other))
    expect(pinnedCertificates(one, caPins(other))).toBe('')
  })

  it('is refused in any other form', () => {
    expect(() => requirePins(caPins(pki.agentCa.caPem))).not.toThrow()
    for (const text of ['', 'sha256:', 'sha1:abc', `SHA256:${'0'.repeat(64)}`, `sha256:${'0'.repeat(63)}`]) {
      expect(() => requirePins([text])).toThrow('is no hash of a CA')
    }
  })
})

describe('the end of a token', () => {
  const token = (claims: unknown) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`

  it('is known of a service account token alone', () => {
    expect(tokenExpiry(token({ exp: 1_700_000_000 }))).toBe(1_700_000_000_000)
    for (const other of ['ocmhub.abcdefghij123456', 'a.%%%.c', token(null), token({ exp: 'soon' }), '']) {
      expect(tokenExpiry(other)).toBeUndefined()
    }
  })
})
