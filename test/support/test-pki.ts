import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { CertificateAuthority, type KeyedCertificate, writeCredentialFiles } from '../../src/pki/index.ts'

/** A certificate and its key, as files and as PEM. */
export interface TestCredentials {
  readonly certFile: string
  readonly keyFile: string
  readonly certPem: string
  readonly keyPem: string
}

/** A CA as the processes know it: a bundle in a file. `authority` issues more when a test needs its own. */
export interface TestCa {
  readonly caFile: string
  readonly caPem: string
  readonly authority: CertificateAuthority
}

/**
 * All that a tunnel on this machine needs: frontends and the server trust `frontendCa`, agents and the server trust
 * `agentCa`. Both listeners show a certificate for localhost, 127.0.0.1, ::1 and proxy-server.
 */
export interface TestPki {
  readonly dir: string
  readonly frontendCa: TestCa
  readonly agentCa: TestCa
  /** For the server's frontend listener, signed by `frontendCa`. */
  readonly frontendServer: TestCredentials
  /** For the server's agent listener, signed by `agentCa`. */
  readonly agentServer: TestCredentials
  /** CN=frontend, O=ocm:frontends. */
  readonly frontendClient: TestCredentials
  /** CN=agent, O=ocm:agents. */
  readonly agentClient: TestCredentials
  /** CN=agent, O=ocm:agents, of a CA that nobody trusts. */
  readonly wrongCaClient: TestCredentials
}

interface Material {
  readonly frontendCa: CertificateAuthority
  readonly agentCa: CertificateAuthority
  readonly credentials: Readonly<Record<CredentialsName, KeyedCertificate>>
}

type CredentialsName = 'frontendServer' | 'agentServer' | 'frontendClient' | 'agentClient' | 'wrongCaClient'

const serverNames = { dnsNames: ['localhost', 'proxy-server'], ipAddresses: ['127.0.0.1', '::1'] }
const frontend = { commonName: 'frontend', organizations: ['ocm:frontends'] }
const agent = { commonName: 'agent', organizations: ['ocm:agents'] }

let material: Promise<Material> | undefined
let shared: Promise<TestPki> | undefined

/**
 * Keys are made once in a process. Without `dir`, so are the files, in a temporary directory that goes away with the
 * process (and in a test run at the latest with the run); a test that changes files gives a `dir` of its own.
 */
export function createTestPki(dir?: string): Promise<TestPki> {
  if (dir !== undefined) return writeTestPki(dir)
  shared ??= writeTestPki(temporaryDirectory())
  return shared
}

async function writeTestPki(dir: string): Promise<TestPki> {
  material ??= generate()
  const { frontendCa, agentCa, credentials } = await material
  const writeCredentials = async (name: CredentialsName, issuer: CertificateAuthority) => {
    const keyed = credentials[name]
    const { certificateFile: certFile, privateKeyFile: keyFile } = await writeCredentialFiles(
      path.join(dir, name),
      {
        ...keyed,
        caPem: issuer.certificatePem,
      },
    )
    return { certFile, keyFile, certPem: keyed.certificatePem, keyPem: keyed.privateKeyPem }
  }
  return {
    dir,
    frontendServer: await writeCredentials('frontendServer', frontendCa),
    agentServer: await writeCredentials('agentServer', agentCa),
    frontendClient: await writeCredentials('frontendClient', frontendCa),
    agentClient: await writeCredentials('agentClient', agentCa),
    wrongCaClient: await writeCredentials('wrongCaClient', agentCa),
    frontendCa: testCa(frontendCa, path.join(dir, 'frontendClient/ca.crt')),
    agentCa: testCa(agentCa, path.join(dir, 'agentClient/ca.crt')),
  }
}

async function generate(): Promise<Material> {
  const [frontendCa, agentCa, wrongCa] = await Promise.all(
    ['proxy CA', 'cluster CA', 'wrong CA'].map((commonName) => CertificateAuthority.create({ commonName })),
  )
  if (!frontendCa || !agentCa || !wrongCa) throw new Error('three names made less than three authorities')
  return {
    frontendCa,
    agentCa,
    credentials: {
      frontendServer: await frontendCa.issueServerCertificate(serverNames),
      agentServer: await agentCa.issueServerCertificate(serverNames),
      frontendClient: await frontendCa.issueClientCertificate(frontend),
      agentClient: await agentCa.issueClientCertificate(agent),
      wrongCaClient: await wrongCa.issueClientCertificate(agent),
    },
  }
}

function testCa(authority: CertificateAuthority, caFile: string): TestCa {
  return { caFile, caPem: authority.certificatePem, authority }
}

function temporaryDirectory(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'test-pki-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  return dir
}
