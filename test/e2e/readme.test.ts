import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CertificateAuthority, type KeyedCertificate, writeCredentialFiles } from '../../src/pki/index.ts'
import { hasKubeClients } from '../support/kube-clients.ts'
import { LocalClusters } from '../support/local-clusters.ts'
import { freePort } from '../support/ports.ts'
import { CLUSTER_PROXY, endProcesses, hasCurl, ROOT, run, TestProcess } from '../support/processes.ts'
import { echoing, Target } from '../support/targets.ts'

interface Snippet {
  readonly name: string
  readonly language: string
  readonly text: string
}

/** Those that the README names, or leaves to be the defaults. */
const PORTS = ['8090', '8091', '8092', '8093', '8094', '8095', '6443', '7000']

const canRunKubectl = hasKubeClients()

/** What stands in README.md below a mark `<!-- run: NAME -->`. */
async function readSnippets(): Promise<Map<string, Snippet>> {
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8')
  const marked = readme.matchAll(/^<!-- run: (\S+) -->\n```(\w+)\n([\s\S]*?)\n```$/gm)
  return new Map(
    [...marked].map(([, name = '', language = '', text = '']) => [name, { name, language, text }]),
  )
}

/** All of a file's examples in JavaScript, run or not. */
async function readExamples(file: string): Promise<string[]> {
  const text = await readFile(path.join(ROOT, file), 'utf8')
  return [...text.matchAll(/^```js\n([\s\S]*?)\n```$/gm)].map(([, example = '']) => example)
}

/** A directory as the reader of the README has one, on a machine on which other ports are free. */
class Reader {
  readonly dir: string
  readonly #snippets: ReadonlyMap<string, Snippet>
  readonly #ports: ReadonlyMap<string, number>
  readonly #run = new Set<string>()

  static async settle(): Promise<Reader> {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'readme-'))
    const ports = new Map<string, number>()
    for (const port of PORTS) ports.set(port, await freePort())
    return new Reader(dir, await readSnippets(), ports)
  }

  private constructor(
    dir: string,
    snippets: ReadonlyMap<string, Snippet>,
    ports: ReadonlyMap<string, number>,
  ) {
    this.dir = dir
    this.#snippets = snippets
    this.#ports = ports
  }

  get notRun(): string[] {
    return [...this.#snippets.keys()].filter((name) => !this.#run.has(name))
  }

  port(inReadme: string): number {
    return this.#ports.get(inReadme) as number
  }

  /** Starts a process, with other ports than its defaults. */
  startProcess(name: string, defaults: Readonly<Record<string, string>>): TestProcess {
    const flags = Object.entries(defaults).map(([flag, port]) => `--${flag}=${this.port(port)}`)
    const { text } = this.#take(name, 'sh')
    return TestProcess.start('/bin/sh', ['-c', `exec ${text} ${flags.join(' ')}`], { cwd: this.dir })
  }

  async runShell(name: string, env: Readonly<Record<string, string>> = {}) {
    const { text } = this.#take(name, 'sh')
    return run('/bin/sh', ['-c', text], { cwd: this.dir, input: '', env })
  }

  async runProgram(name: string) {
    const { text } = this.#take(name, 'js')
    await writeFile(path.join(this.dir, `${name}.mjs`), text)
    return run(process.execPath, [`${name}.mjs`], { cwd: this.dir, input: '' })
  }

  #take(name: string, language: string): Snippet {
    const snippet = this.#snippets.get(name)
    if (snippet?.language !== language) throw new Error(`README.md has no ${language} snippet ${name}`)
    this.#run.add(name)
    const text = snippet.text.replace(/(?<=:)\d{4}\b/g, (port) => String(this.port(port)))
    return { ...snippet, text }
  }
}

describe('the README', () => {
  let reader: Reader
  let clusters: LocalClusters
  let web: https.Server
  let echo: Target

  beforeAll(async () => {
    reader = await Reader.settle()
    clusters = await LocalClusters.create()
    const authority = await CertificateAuthority.create({ commonName: 'README CA' })
    await prepare(reader.dir, authority)
    const { certificatePem: cert, privateKeyPem: key } = await authority.issueServerCertificate({
      dnsNames: ['cluster1'],
    })
    web = https.createServer({ cert, key }, (request, response) => {
      response.end(request.url === '/healthz' ? 'ok' : 'not found')
    })
    web.listen(reader.port('6443'), '127.0.0.1')
    await once(web, 'listening')
    echo = await Target.start(echoing, reader.port('7000'))
    const server = reader.startProcess('server', {
      'server-port': '8090',
      'agent-port': '8091',
      'health-port': '8092',
      'admin-port': '8095',
    })
    reader.startProcess('agent', { 'health-server-port': '8093', 'admin-server-port': '8094' })
    await server.logged('agent connected')
  })

  afterAll(async () => {
    await endProcesses()
    await clusters.dispose()
    web.close()
    web.closeAllConnections()
    await echo.stop()
    await rm(reader.dir, { recursive: true })
  })

  it.runIf(hasCurl)('reaches a cluster with curl', async () => {
    expect(await reader.runShell('curl')).toMatchObject({ status: 0, stdout: 'ok' })
  })

  it('dials with the SDK', async () => {
    expect(await reader.runProgram('sdk-dial')).toEqual({
      status: 0,
      signal: null,
      stdout: 'hello',
      stderr: '',
    })
  })

  it('asks over HTTPS with the SDK', async () => {
    expect(await reader.runProgram('sdk-https')).toEqual({
      status: 0,
      signal: null,
      stdout: '200 ok\n',
      stderr: '',
    })
  })

  // The SDK is for Node 22 too, where `using` is a syntax error; the tests run on a newer one, which would not tell.
  it.each(['README.md', 'src/konnectivity-client/README.md'])(
    'has no syntax that Node 22 lacks (%s)',
    async (file) => {
      const examples = await readExamples(file)
      expect(examples).not.toEqual([])
      expect(examples.filter((example) => /\busing\s+\w+\s*=/.test(example))).toEqual([])
    },
  )

  describe.runIf(canRunKubectl)('on clusters of this machine', () => {
    it('starts one, with Pods', async () => {
      const { status, stdout } = await reader.runShell('local-cluster', clusters.env)
      expect(status).toBe(0)
      expect(stdout).toContain('deployment "web" successfully rolled out\n')
      expect(stdout.match(/^web-\S+ +1\/1 +Running .* 127\.\S+ +hub-control-plane /gm)).toHaveLength(3)
    })

    it('deletes it', async () => {
      expect(await reader.runShell('delete-cluster', clusters.env)).toMatchObject({
        status: 0,
        stdout: 'hub deleted\n',
      })
    })
  })

  it('has no other snippets that claim to be run', () => {
    expect(reader.notRun).toEqual([
      ...(hasCurl ? [] : ['curl']),
      ...(canRunKubectl ? [] : ['local-cluster', 'delete-cluster']),
    ])
  })
})

/** Certificates, the executable and the SDK's package where the README takes them to be. */
async function prepare(dir: string, authority: CertificateAuthority): Promise<void> {
  const write = (name: string, pair: KeyedCertificate) =>
    writeCredentialFiles(
      path.join(dir, 'certs'),
      { ...pair, caPem: authority.certificatePem },
      { certificate: `${name}.crt`, privateKey: `${name}.key` },
    )
  await write('server', await authority.issueServerCertificate({ dnsNames: ['localhost'] }))
  await write('client', await authority.issueClientCertificate({ commonName: 'client' }))
  await mkdir(path.join(dir, 'bin'))
  await symlink(CLUSTER_PROXY, path.join(dir, 'bin/cluster-proxy'))
  const build = ['scripts/build.mjs', 'konnectivity-client', '--out', path.join(dir, 'node_modules')]
  const { status, stderr } = await run(process.execPath, build, { cwd: ROOT })
  if (status !== 0) throw new Error(`the SDK could not be built: ${stderr}`)
}
