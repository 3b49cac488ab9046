import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialTargets, ScriptedProxy } from '../support/scripted-proxy.ts'
import { echoing, Target } from '../support/targets.ts'
import { createTestPki } from '../support/test-pki.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = path.join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` }

const PROGRAM = `
import { createTunnel, credentialsFromFiles, DialError } from 'konnectivity-client'

const [address, target, ca, cert, key] = process.argv.slice(2)
const tunnel = createTunnel({ address, credentials: credentialsFromFiles({ ca, cert, key }) })
const socket = await tunnel.dial(target)
socket.end('through the tunnel')
for await (const chunk of socket) process.stdout.write(chunk)
const error = await tunnel.dial('127.0.0.1:1').catch((thrown) => thrown)
console.log('', Number.parseInt(process.versions.node), error instanceof DialError, error.reason)
// Nothing is closed: an idle tunnel does not keep the process alive.
`

const CONSUMER = `
import { createServer } from 'node:http'
import {
  createForwarder, createHttpConnectTunnel, createSingleUseGrpcTunnel, createTunnel, type DialFailureReason,
  httpAgent, httpsAgent, type ServerAddresses, tlsConnect, type Tunnel, type TunnelSocket, type UndiciConnector,
  undiciConnector,
} from 'konnectivity-client'

export async function use(signal: AbortSignal): Promise<string> {
  const servers: ServerAddresses = { addresses: ['a:1', 'unix:///b'] }
  await using tunnel: Tunnel = createTunnel({ ...servers, keepalive: { intervalMs: 30_000 } })
  const socket: TunnelSocket = await tunnel.dialContext('tcp', 'host:80', { signal, timeoutMs: 1_000 })
  socket.setTimeout(1_000, () => socket.resetAndDestroy()).unref()
  const secured = await tlsConnect(tunnel, 'host:443', { servername: 'other' })
  secured.write('x')
  await using forwarder = await createForwarder(tunnel, 'host:80', { port: 0 })
  createServer().on('request', (_request, response) => response.end(forwarder.target))
  const agents = [httpAgent(tunnel, { maxSockets: 2 }), httpsAgent(tunnel, { ca: 'pem' })]
  const connector: UndiciConnector = undiciConnector(tunnel)
  connector({ hostname: 'h', protocol: 'http:', port: '' }, (error, connected) => {
    if (error) throw error
    connected.end()
  })
  const others = [createSingleUseGrpcTunnel('a:1', { ca: 'pem' }), createHttpConnectTunnel({ address: 'a:1' })]
  const reason: DialFailureReason = 'endpoint'
  // @ts-expect-error: there is no such option
  createTunnel({ adress: 'a:1' })
  return [agents.length, others.length, reason, socket.remotePort].join()
}
`

/** Builds the package and installs it into a project of its own. */
async function installPackage(directory: string): Promise<void> {
  const build = ['scripts/build.mjs', 'konnectivity-client', '--out', path.join(directory, 'dist')]
  const { stdout } = await run('node', build, { cwd: root, env })
  const tarball = path.resolve(root, stdout.trim())
  await writeFile(path.join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: directory, env })
}

/** Node 22, from the package that carries its binary; where that is. */
async function installOldestNode(directory: string): Promise<string> {
  const name = `node-linux-${process.arch}`
  await mkdir(directory)
  await writeFile(path.join(directory, 'package.json'), JSON.stringify({ private: true }))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `${name}@22`], {
    cwd: directory,
    env,
  })
  return path.join(directory, 'node_modules', name, 'bin', 'node')
}

describe('the package konnectivity-client', () => {
  let directory: string
  let installed: string
  let oldestNode: string

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'sdk-consumer-'))
    installed = path.join(directory, 'node_modules', 'konnectivity-client')
    const [node] = await Promise.all([
      installOldestNode(path.join(directory, 'oldest-node')),
      installPackage(directory),
    ])
    oldestNode = node
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it('depends on nothing, and says what it is', async () => {
    expect(
      (await readdir(path.join(directory, 'node_modules'))).filter((name) => !name.startsWith('.')),
    ).toEqual(['konnectivity-client'])
    const manifest = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'))
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
    expect(manifest).toMatchObject({
      version,
      type: 'module',
      license: 'Apache-2.0',
      engines: { node: '>=22' },
    })
    expect(manifest).not.toHaveProperty('dependencies')
    expect((await readdir(installed)).sort()).toEqual(['LICENSE', 'README.md', 'lib', 'package.json'])
  })

  it('contains nothing but JavaScript and declarations of the SDK and of what it is made of', async () => {
    const files = await readdir(path.join(installed, 'lib'), { recursive: true })
    const foreign = files.filter(
      (file) =>
        !/^(common|wire|transport|konnectivity-client)(\/.*)?$/.test(file) || /(?<!\.d)\.ts$/.test(file),
    )
    expect(foreign).toEqual([])
  })

  it.each([
    [24, () => 'node'],
    [22, () => oldestNode],
  ])('carries bytes in a program that then ends by itself, on Node %i', async (major, node) => {
    const { frontendCa, frontendClient } = await createTestPki()
    const proxy = await ScriptedProxy.start({ extensions: 1 })
    dialTargets(proxy)
    const echo = await Target.start(echoing)
    const program = path.join(directory, 'program.js')
    await writeFile(program, PROGRAM)
    const files = [frontendCa.caFile, frontendClient.certFile, frontendClient.keyFile]
    const { stdout, stderr } = await run(node(), [program, proxy.address, echo.address, ...files], { env })
    expect({ stdout, stderr }).toEqual({ stdout: `through the tunnel ${major} true endpoint\n`, stderr: '' })
    await proxy.close()
    await echo.stop()
  })

  it.each(['nodenext', 'bundler'])(
    'has types that hold in a strict project (%s)',
    async (moduleResolution) => {
      const compilerOptions = {
        target: 'es2022',
        lib: ['es2022', 'esnext.disposable'],
        module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext',
        moduleResolution,
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        types: ['node'],
        typeRoots: [path.join(root, 'node_modules', '@types')],
      }
      await writeFile(path.join(directory, 'consumer.ts'), CONSUMER)
      await writeFile(
        path.join(directory, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
      )
      const result = await run('tsc', ['--noEmit', '-p', directory], { env }).catch((error) => error)
      expect(result.stdout).toBe('')
    },
  )
})
