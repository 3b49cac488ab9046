import { silentLogger } from '../../../src/common/log.ts'
import { ApiListener } from '../../../src/controlplane/http/index.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'

const HOST = '127.0.0.1'

export interface EchoListener {
  readonly listener: ApiListener
  readonly url: URL
  readonly ca: string
}

/** Answers each request with its body, which may take so long; started. */
export async function startEchoListener(bodyTimeoutMs?: number): Promise<EchoListener> {
  const authority = await CertificateAuthority.create({ commonName: 'echo' })
  const { certificatePem: cert, privateKeyPem: key } = await authority.issueServerCertificate({
    ipAddresses: [HOST],
  })
  const ca = authority.certificatePem
  const listener = new ApiListener(
    {
      log: silentLogger,
      handle: async ({ readBody }) => ({
        status: 200,
        contentType: 'text/plain',
        headers: {},
        body: [await readBody()],
      }),
    },
    {
      host: HOST,
      port: 0,
      flag: '--secure-port',
      certificate: { cert, key },
      clientCa: ca,
      ...(bodyTimeoutMs !== undefined && { bodyTimeoutMs }),
    },
  )
  await listener.start()
  return { listener, url: new URL(`https://${HOST}:${listener.port}`), ca }
}
