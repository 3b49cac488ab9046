import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CertificateAuthority, type CredentialFiles, writeCredentialFiles } from '../../pki/index.ts'

/** Outside the ephemeral range, so that nobody else's outgoing connection takes a port between the look and the use. */
const FIRST_PORT = 20_000
const LAST_PORT = 32_767

/** Certificates of one run, in a temporary folder that goes with it. */
export interface Workshop {
  readonly dir: string
  /** For the proxy server, toward frontends and agents alike. */
  readonly server: CredentialFiles
  readonly agent: CredentialFiles
  readonly frontend: CredentialFiles
  /** Issues a certificate for a service inside a cluster. */
  issueServiceCertificate(dnsNames: readonly string[]): Promise<{ cert: string; key: string; ca: string }>
  remove(): Promise<void>
}

/** Makes a CA and everybody's certificates. */
export async function createWorkshop(): Promise<Workshop> {
  const dir = await mkdtemp(path.join(tmpdir(), 'cluster-proxy-'))
  const authority = await CertificateAuthority.create({ commonName: 'cluster-proxy quickstart' })
  const caPem = authority.certificatePem
  const serverPair = await authority.issueServerCertificate({
    commonName: 'proxy-server',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  })
  const agentPair = await authority.issueClientCertificate({ commonName: 'proxy-agent' })
  const frontendPair = await authority.issueClientCertificate({ commonName: 'frontend' })
  const write = (name: string, pair: typeof serverPair) =>
    writeCredentialFiles(path.join(dir, name), { ...pair, caPem })
  return {
    dir,
    server: await write('proxy-server', serverPair),
    agent: await write('proxy-agent', agentPair),
    frontend: await write('frontend', frontendPair),
    issueServiceCertificate: async (dnsNames) => {
      const pair = await authority.issueServerCertificate({ commonName: dnsNames[0] ?? 'service', dnsNames })
      return { cert: pair.certificatePem, key: pair.privateKeyPem, ca: caPem }
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}

/** Ports that nobody listens on, for processes that have to be told theirs. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  let candidate = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT))
  for (let tries = 0; ports.length < count && tries < LAST_PORT - FIRST_PORT; tries++) {
    candidate = candidate >= LAST_PORT ? FIRST_PORT : candidate + 1
    if (await isFree(candidate)) ports.push(candidate)
  }
  if (ports.length < count) throw new Error(`no ${count} free ports between ${FIRST_PORT} and ${LAST_PORT}`)
  return ports
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}
