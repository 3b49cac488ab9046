import { beforeEach, describe, expect, it } from 'vitest'
import { BootstrapTokenAuthenticator } from '../../../src/controlplane/authentication/index.ts'
import { base64, kubeObject, MemoryLookup } from './memory-lookup.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const TOKEN = 'abcdef.0123456789abcdef'
const AUDIENCE = 'https://kubernetes.default.svc'

const DATA = {
  'token-id': 'abcdef',
  'token-secret': '0123456789abcdef',
  'usage-bootstrap-authentication': 'true',
}

const lookup = new MemoryLookup()
const authenticator = new BootstrapTokenAuthenticator({ lookup, now: () => NOW }, { audiences: [AUDIENCE] })

function keep(
  data: Readonly<Record<string, string>>,
  metadata = {},
  type = 'bootstrap.kubernetes.io/token',
): void {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]))
  const name = { name: 'bootstrap-token-abcdef', namespace: 'kube-system' }
  lookup.set('secrets', kubeObject('Secret', { ...name, ...metadata }, { type, data: encoded }))
}

beforeEach(() => keep(DATA))

describe('a bootstrap token', () => {
  it('is a user of its id', async () => {
    expect(await authenticator.authenticateToken(TOKEN)).toEqual({
      user: { name: 'system:bootstrap:abcdef', groups: ['system:bootstrappers'] },
      audiences: [AUDIENCE],
    })
  })

  it('is in the groups that its Secret says, sorted and each once', async () => {
    const group = (name: string) => `system:bootstrappers:${name}`
    keep({ ...DATA, 'auth-extra-groups': [group('z'), group('a:b-1'), group('z')].join(',') })
    const { groups } = (await authenticator.authenticateToken(TOKEN))?.user ?? {}
    expect(groups).toEqual(['system:bootstrappers', group('a:b-1'), group('z')])
  })

  it.each<[expiration: string, isGood: boolean]>([
    ['2026-11-22T12:00:01Z', true],
    ['2026-11-22T14:00:01+02:00', true],
    ['2026-11-22T12:00:00Z', false],
    ['2026-11-22', false],
    ['tomorrow', false],
    ['2026-99-99T12:00:00Z', false],
  ])('that expires at %s', async (expiration, isGood) => {
    keep({ ...DATA, expiration })
    expect((await authenticator.authenticateToken(TOKEN)) !== undefined).toBe(isGood)
  })

  it.each<[reason: string, () => void]>([
    ['it is not for authentication', () => keep({ ...DATA, 'usage-bootstrap-authentication': 'false' })],
    ['its secret is another', () => keep({ ...DATA, 'token-secret': '0123456789abcdeg' })],
    ['its secret is only a beginning', () => keep({ ...DATA, 'token-secret': '0123' })],
    ['its id is another', () => keep({ ...DATA, 'token-id': 'abcdeg' })],
    ['a group is not for bootstrapping', () => keep({ ...DATA, 'auth-extra-groups': 'system:masters' })],
    [
      'one of its groups has a line break',
      () => keep({ ...DATA, 'auth-extra-groups': 'system:bootstrappers:a\n' }),
    ],
    ['it is being deleted', () => keep(DATA, { deletionTimestamp: '2026-11-22T11:00:00Z' })],
    ['its Secret is of another type', () => keep(DATA, {}, 'Opaque')],
    ['its Secret is empty', () => keep({})],
    ['its Secret is gone', () => lookup.delete('secrets', 'kube-system', 'bootstrap-token-abcdef')],
  ])('is nobody when %s', async (_, change) => {
    change()
    expect(await authenticator.authenticateToken(TOKEN)).toBeUndefined()
  })

  it.each(['', 'abcdef', 'abcdef.', `${TOKEN}x`, `${TOKEN}\n`, 'ABCDEF.0123456789abcdef', `../${TOKEN}`])(
    'is not %j',
    async (token) => {
      expect(await authenticator.authenticateToken(token)).toBeUndefined()
    },
  )

  it('is for the server alone', async () => {
    expect(await authenticator.authenticateToken(TOKEN, ['vault'])).toBeUndefined()
    expect((await authenticator.authenticateToken(TOKEN, ['vault', AUDIENCE]))?.audiences).toEqual([AUDIENCE])
  })
})
