import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { silentLogger } from '../../src/common/log.ts'
import { TlsFiles } from '../../src/common/tls-files.ts'
import { type ReviewHandler, type WebhookMetrics, WebhookServer } from '../../src/kube/webhook/index.ts'
import { CertificateAuthority } from '../../src/pki/index.ts'

let authority: Promise<CertificateAuthority> | undefined

/** A WebhookServer with certificates in files, on a port of its own. */
export class WebhookFixture {
  readonly server: WebhookServer
  readonly tls: TlsFiles
  readonly ca: CertificateAuthority
  readonly directory: string

  static async start(
    routes: Readonly<Record<string, ReviewHandler>>,
    metrics?: WebhookMetrics,
  ): Promise<WebhookFixture> {
    authority ??= CertificateAuthority.create({ commonName: 'webhooks' })
    const ca = await authority
    const directory = await mkdtemp(path.join(os.tmpdir(), 'webhook-'))
    await writeServingCertificate(ca, directory)
    const tls = new TlsFiles(
      { log: silentLogger },
      {
        name: 'webhook',
        certFile: path.join(directory, 'tls.crt'),
        keyFile: path.join(directory, 'tls.key'),
        caFile: '',
      },
    )
    await tls.start()
    const server = new WebhookServer(
      { tls, ...(metrics && { metrics }) },
      { host: '127.0.0.1', port: 0, flag: '--port', routes },
    )
    await server.start()
    return new WebhookFixture(server, tls, ca, directory)
  }

  private constructor(server: WebhookServer, tls: TlsFiles, ca: CertificateAuthority, directory: string) {
    this.server = server
    this.tls = tls
    this.ca = ca
    this.directory = directory
  }

  /** As a webhook configuration wants it. */
  clientConfig(route: string): { readonly url: string; readonly caBundle: string } {
    return { url: this.urlOf(route), caBundle: Buffer.from(this.ca.certificatePem).toString('base64') }
  }

  urlOf(route: string): string {
    return `https://127.0.0.1:${this.server.port}${route}`
  }

  /** Puts a new certificate of the same CA in the place of the old one. */
  async rotate(): Promise<void> {
    await writeServingCertificate(this.ca, this.directory)
    await this.tls.checkForChange()
  }

  async close(): Promise<void> {
    await this.server.stop()
    this.tls.stop()
    await rm(this.directory, { recursive: true, force: true })
  }
}

async function writeServingCertificate(ca: CertificateAuthority, directory: string): Promise<void> {
  const { certificatePem, privateKeyPem } = await ca.issueServerCertificate({
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  })
  await writeFile(path.join(directory, 'tls.key'), privateKeyPem, { mode: 0o600 })
  await writeFile(path.join(directory, 'tls.crt'), certificatePem)
}
