import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CertificateAuthority, type CredentialFiles, writeCredentialFiles } from '../../pki/index.ts'

/** Outside the ephemeral range, so that nobody else's outgoing connection takes a port between the look and the use. */
const FIRST_PORT = 20_000
const LAST_PORT = 32_767

/** A run's folder says in its name which process it belongs to. */
const DIR_PREFIX = 'cluster-proxy-'
const DIR_NAME = new RegExp(`^${DIR_PREFIX}(\\d+)-\\w+$`)

/** Certificates of one run, in a temporary folder that goes with it. */
export interface Workshop {
  readonly dir: string
  /** For the proxy server, toward frontends and agents alike. */
  readonly server: CredentialFiles
  readonly agent: CredentialFiles
  readonly frontend: CredentialFiles
  remove(): Promise<void>
}

/** Makes a CA and everybody's certificates. */
export async function createWorkshop(): Promise<Workshop> {
  await removeLeftovers()
  const dir = await mkdtemp(path.join(tmpdir(), `${DIR_PREFIX}${process.pid}-`))
  try {
    return await furnish(dir)
  } catch (error) {
    await rm(dir, { recursive: true, force: true })
    throw error
  }
}

async function furnish(dir: string): Promise<Workshop> {
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
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}

/** Removes what runs of ours have left that were killed: keys must not lie about. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = Number(DIR_NAME.exec(name)?.[1])
    if (Number.isNaN(pid) || isAlive(pid)) continue
    const dir = path.join(tmpdir(), name)
    try {
      const { uid } = await lstat(dir)
      if (uid === process.getuid?.()) await rm(dir, { recursive: true, force: true })
    } catch {} // another run was faster, or it is not ours to remove
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
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
