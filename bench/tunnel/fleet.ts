import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHttpConnectTunnel, createTunnel, type Tunnel } from '../../src/konnectivity-client/index.ts'
import { CertificateAuthority, writeCredentialFiles } from '../../src/pki/index.ts'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const SOURCES = {
  executable: path.join(root, 'bin/cluster-proxy'),
  bench: path.join(root, 'bench/tunnel'),
}

export const PORTS = {
  target: 26000,
  frontend: 26001,
  agent: 26002,
  serverHealth: 26003,
  serverAdmin: 26004,
  agentHealth: 26005,
  agentAdmin: 26006,
  relayServer: 26007,
  relayAgent: 26008,
} as const

interface Credentials {
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

type Command = readonly [program: string, ...args: string[]]

/** A tunnel for every frontend that the server has. */
export type Tunnels = Readonly<Record<'grpc' | 'http-connect', Tunnel>>

/** Ends the benchmark with a line that says which port is wanted. */
async function refuseTaken(port: number): Promise<void> {
  const server = net.createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch (error) {
    const { message } = error as Error
    process.stderr.write(`bench: port ${port} cannot be used: ${message}; is another benchmark running?\n`)
    process.exit(1)
  }
  await once(server.close(), 'close')
}

/** The processes of the benchmark: the target, the tunnel's server and agent, and the two relays it is compared with. */
export class Fleet {
  readonly #children = new Map<string, ChildProcess>()
  #dir = ''
  credentials!: Credentials

  async start(): Promise<void> {
    for (const port of Object.values(PORTS)) await refuseTaken(port)
    this.#dir = mkdtempSync(path.join(tmpdir(), 'bench-tunnel-'))
    const authority = await CertificateAuthority.create({ commonName: 'bench' })
    const pair = await authority.issueDualUseCertificate({
      commonName: 'bench',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
    })
    const written = await writeCredentialFiles(this.#dir, { ...pair, caPem: authority.certificatePem })
    const [ca, cert, key] = [written.caFile as string, written.certificateFile, written.privateKeyFile]
    this.credentials = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
    await this.#run(
      'target',
      [process.execPath, path.join(SOURCES.bench, 'target.ts'), String(PORTS.target)],
      'ready',
    )
    const relay = path.join(SOURCES.bench, 'relay.ts')
    await this.#run(
      'relay agent',
      [process.execPath, relay, String(PORTS.relayAgent), String(PORTS.target), 'tcp', ca, cert, key],
      'ready',
    )
    await this.#run(
      'relay server',
      [process.execPath, relay, String(PORTS.relayServer), String(PORTS.relayAgent), 'tls', ca, cert, key],
      'ready',
    )
    await this.#startTunnel(ca, cert, key)
  }

  async #startTunnel(ca: string, cert: string, key: string): Promise<void> {
    await this.#run(
      'server',
      [
        SOURCES.executable,
        'proxy-server',
        '--mode=grpc,http-connect',
        `--server-ca-cert=${ca}`,
        `--server-cert=${cert}`,
        `--server-key=${key}`,
        `--server-port=${PORTS.frontend}`,
        '--server-bind-address=127.0.0.1',
        `--cluster-ca-cert=${ca}`,
        `--cluster-cert=${cert}`,
        `--cluster-key=${key}`,
        `--agent-port=${PORTS.agent}`,
        '--agent-bind-address=127.0.0.1',
        `--health-port=${PORTS.serverHealth}`,
        '--health-bind-address=127.0.0.1',
        `--admin-port=${PORTS.serverAdmin}`,
        '--enable-profiling',
      ],
      'ready for agents',
    )
    await this.#run(
      'agent',
      [
        SOURCES.executable,
        'proxy-agent',
        `--ca-cert=${ca}`,
        `--agent-cert=${cert}`,
        `--agent-key=${key}`,
        `--proxy-server=localhost:${PORTS.agent}`,
        `--health-server-port=${PORTS.agentHealth}`,
        '--health-server-host=127.0.0.1',
        `--admin-server-port=${PORTS.agentAdmin}`,
        '--enable-profiling',
      ],
      'starting',
    )
    await this.#agentReady()
  }

  /** The caller closes them. */
  createTunnels(): Tunnels {
    const options = { address: `localhost:${PORTS.frontend}`, credentials: this.credentials }
    return { grpc: createTunnel(options), 'http-connect': createHttpConnectTunnel(options) }
  }

  pidOf(name: string): number | undefined {
    return name === 'client' ? process.pid : this.#children.get(name)?.pid
  }

  /** Resident memory of a process, in KiB. */
  residentKiB(name: string): number {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pidOf(name)}/status`, 'utf8'))
    return Number(line?.[1])
  }

  async stop(): Promise<void> {
    const children = [...this.#children.values()].filter((child) => child.exitCode === null)
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map((child) => once(child, 'exit')))
    rmSync(this.#dir, { recursive: true, force: true })
  }

  async #agentReady(): Promise<void> {
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${PORTS.serverHealth}/readyz`)
      if (response.ok) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async #run(name: string, [command, ...args]: Command, readyWord: string): Promise<void> {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    this.#children.set(name, child)
    await new Promise<void>((resolve, reject) => {
      let seen = ''
      child.once('exit', (code) => reject(new Error(`${name} exited with ${code}: ${seen}`)))
      child.stdout?.on('data', (chunk: Buffer) => {
        if (seen.includes(readyWord)) return
        seen += chunk
        if (seen.includes(readyWord)) resolve()
      })
    })
  }
}
