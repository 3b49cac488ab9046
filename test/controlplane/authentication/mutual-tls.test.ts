import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusError } from '../../../src/controlplane/api/status.ts'
import {
  Authenticator,
  ClientCertificateAuthenticator,
  unionTokenAuthenticator,
} from '../../../src/controlplane/authentication/index.ts'
import { CertificateAuthority, type KeyedCertificate } from '../../../src/pki/index.ts'
import { AUTHORITY } from './client-certificates.ts'

const authenticator = new Authenticator({
  certificates: new ClientCertificateAuthenticator({ caPem: AUTHORITY.certificatePem }),
  tokens: unionTokenAuthenticator([]),
})

const serving = await AUTHORITY.issueServerCertificate({ dnsNames: ['localhost'] })

/** Answers with the name of the user, or the status of a refusal, and whether the TLS session was resumed. */
const server = https.createServer(
  {
    key: serving.privateKeyPem,
    cert: serving.certificatePem,
    ca: AUTHORITY.certificatePem,
    requestCert: true,
    rejectUnauthorized: false,
  },
  async (request, response) => {
    const socket = request.socket as TLSSocket
    const certificate = socket.getPeerX509Certificate()
    const answer = await authenticator.authenticate({ certificate, headers: request.headersDistinct }).then(
      (user) => user.name,
      (error: StatusError) => error.httpStatus,
    )
    response.end(JSON.stringify([answer, socket.isSessionReused()]))
  },
)

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterAll(async () => {
  server.close()
  await once(server, 'close')
})

/** Each request on a connection of its own; those of one agent resume its session. */
async function ask(client?: KeyedCertificate, agent = new https.Agent()): Promise<unknown> {
  const { port } = server.address() as AddressInfo
  const request = https.get({
    port,
    host: 'localhost',
    family: 4,
    ca: AUTHORITY.certificatePem,
    agent,
    ...(client ? { key: client.privateKeyPem, cert: client.certificatePem } : {}),
  })
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return JSON.parse(text)
}

describe('over mutual TLS', () => {
  it('a client is whom its certificate names, also when its session is resumed', async () => {
    const client = await AUTHORITY.issueClientCertificate({ commonName: 'ann' })
    const agent = new https.Agent()
    expect(await ask(client, agent)).toEqual(['ann', false])
    expect(await ask(client, agent)).toEqual(['ann', true])
  })

  it('a client without a certificate is anonymous', async () => {
    expect(await ask()).toEqual(['system:anonymous', false])
  })

  it('a client whose certificate is another’s, or for servers, is refused', async () => {
    const other = await CertificateAuthority.create({ commonName: 'test-ca' })
    expect(await ask(await other.issueClientCertificate({ commonName: 'ann' }))).toEqual([401, false])
    expect(await ask(serving)).toEqual([401, false])
  })
})
