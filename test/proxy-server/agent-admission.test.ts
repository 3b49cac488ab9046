import tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import type { AgentAuthenticator } from '../../src/proxy-server/index.ts'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import type { ScriptedAgentOptions } from '../support/scripted-agent.ts'

/** What the API server would say of a token. */
function authenticatorOf(verdict: (token: string) => Promise<void>): AgentAuthenticator {
  return { authenticate: verdict }
}

const acceptsGoodToken = authenticatorOf(async (token) => {
  if (token !== 'good') throw new Error('lookup failed: service account jwt not valid')
})

/** How the server ends the stream of an agent that it does not want. */
async function refusal(
  fixture: ProxyServerFixture,
  options: ScriptedAgentOptions,
): Promise<{ status: number | undefined; message: string | undefined }> {
  const agent = await fixture.openAgent(options)
  const { status, message } = await agent.ended
  return { status, message }
}

describe('an agent that connects', () => {
  it('is told at once which server this is, and how many there are', async () => {
    const fixture = await ProxyServerFixture.start({ serverId: 'server-7', serverCount: 3 })
    const agent = await fixture.connectAgent()
    expect(await agent.headers).toMatchObject({
      ':status': 200,
      'content-type': 'application/grpc',
      serverid: 'server-7',
      servercount: '3',
    })
    expect(await agent.headers).not.toHaveProperty('cluster-proxy-extensions')
  })

  it('hears of extensions only when it has announced them', async () => {
    const fixture = await ProxyServerFixture.start({ windowBytes: 128 * 1024 })
    const agent = await fixture.connectAgent({ windowBytes: 64 * 1024 })
    expect(await agent.headers).toMatchObject({
      'cluster-proxy-extensions': '1',
      'cluster-proxy-window': '131072',
    })
  })

  it.each([
    ['no version', { 'cluster-proxy-window': '524288' }],
    ['no window', { 'cluster-proxy-extensions': '1' }],
    ['a version that is no number', { 'cluster-proxy-extensions': 'x', 'cluster-proxy-window': '524288' }],
    ['a window that is too small', { 'cluster-proxy-extensions': '1', 'cluster-proxy-window': '1024' }],
  ])('is treated as the originals when it announces %s', async (_, metadata) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ metadata })
    expect(await agent.headers).not.toHaveProperty('cluster-proxy-extensions')
  })

  it('is spoken to in version 1 when it knows a newer one', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({
      metadata: { 'cluster-proxy-extensions': '9', 'cluster-proxy-window': '524288' },
    })
    expect(await agent.headers).toMatchObject({ 'cluster-proxy-extensions': '1' })
  })

  it.each([
    ['none', { agentid: [] as string[] }, 'expected one agent ID in the context, got []'],
    ['two', { agentid: ['a', 'b'] }, 'expected one agent ID in the context, got [a b]'],
  ])('must have one agent ID: %s', async (_, metadata, message) => {
    const fixture = await ProxyServerFixture.start()
    expect(await refusal(fixture, { metadata })).toEqual({ status: 2, message })
  })

  it('may have one set of identifiers at most', async () => {
    const fixture = await ProxyServerFixture.start()
    const metadata = { agentidentifiers: ['host=a', 'host=b'] }
    expect(await refusal(fixture, { metadata })).toEqual({
      status: 2,
      message: 'expected at most one set of agent identifiers in the context, got [host=a host=b]',
    })
  })

  it('must have identifiers that Go could parse', async () => {
    const fixture = await ProxyServerFixture.start()
    expect(await refusal(fixture, { identifiers: 'host=a;b' })).toMatchObject({ status: 2 })
  })

  it('needs no identifiers at all', async () => {
    const fixture = await ProxyServerFixture.start()
    await fixture.connectAgent({ metadata: { agentidentifiers: [] } })
    expect(fixture.server.ready).toBe(true)
  })

  it('is told which methods there are not', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.openAgent({ metadata: { ':path': '/ProxyService/Proxy' } })
    expect(await agent.ended).toMatchObject({
      status: 12,
      message: 'unknown method /ProxyService/Proxy',
    })
  })

  it.each(['wrongCaClient', 'frontendClient', undefined] as const)(
    'needs a certificate of the right CA, not that of %s',
    async (name) => {
      const { pki, server } = await ProxyServerFixture.start()
      const credentials = name && pki[name]
      const socket = tls.connect({
        host: '127.0.0.1',
        port: server.agentPort,
        ca: pki.agentCa.caPem,
        ALPNProtocols: ['h2'],
        ...(credentials && { cert: credentials.certPem, key: credentials.keyPem }),
      })
      socket.on('data', () => expect.unreachable('the server speaks to it'))
      socket.on('error', () => {}) // an alert, or just the end: Node's own verdict comes without one
      await new Promise((resolve) => socket.once('close', resolve))
    },
  )

  it('is no agent any more when it goes while it is being authenticated', async () => {
    const verdict = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const fixture = await ProxyServerFixture.start({
      authenticator: authenticatorOf(() => {
        asked.resolve()
        return verdict.promise
      }),
    })
    const metadata = { authorization: 'Bearer good' }
    const agent = await fixture.openAgent({ withoutCertificate: true, metadata })
    await asked.promise
    agent.disconnect()
    await agent.ended
    verdict.resolve()
    await eventually(() => fixture.metric('grpc_connections', { service_method: 'Connect' })).toBe(0)
    expect(fixture.server.ready).toBe(false)
  })
})

describe('an agent that authenticates by token', () => {
  it('needs no certificate', async () => {
    const fixture = await ProxyServerFixture.start({ authenticator: acceptsGoodToken })
    await fixture.connectAgent({ withoutCertificate: true, metadata: { authorization: 'Bearer good' } })
    expect(fixture.server.ready).toBe(true)
  })

  it.each([
    ['no token', {}, 'Authentication context was not found in metadata'],
    [
      'a token under another key',
      { authentication: 'Bearer good' },
      'Authentication context was not found in metadata',
    ],
    [
      'a token without its prefix',
      { authorization: 'good' },
      'received token does not have "Bearer " prefix',
    ],
    [
      'a prefix in lower case',
      { authorization: 'bearer good' },
      'received token does not have "Bearer " prefix',
    ],
    ['two tokens', { authorization: ['Bearer good', 'Bearer good'] }, 'too many (2) tokens are received'],
  ])('is refused with %s, before anybody is asked', async (_, metadata, message) => {
    const fixture = await ProxyServerFixture.start({
      authenticator: authenticatorOf(() => {
        throw new Error('nobody should ask')
      }),
    })
    expect(await refusal(fixture, { withoutCertificate: true, metadata })).toEqual({ status: 2, message })
  })

  it.each([
    'lookup failed: service account jwt not valid',
    'Failed to validate authentication token, err:connection refused',
    'lookup failed: incoming request from "ns1" namespace. Expected "ns2"',
    'lookup failed: incoming request from "sa1" service account. Expected "sa2"',
  ])('is refused with what the authenticator says: %s', async (message) => {
    const fixture = await ProxyServerFixture.start({
      authenticator: authenticatorOf(async () => {
        throw new Error(message)
      }),
    })
    const metadata = { authorization: 'Bearer some' }
    expect(await refusal(fixture, { withoutCertificate: true, metadata })).toEqual({ status: 2, message })
    expect(fixture.server.ready).toBe(false)
  })
})
