import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node, Pod, PodSpec } from '../../src/apis/core/v1.ts'
import { silentLogger } from '../../src/common/log.ts'
import { KubeClient, type ResourceClient } from '../../src/kube/index.ts'
import { LocalRuntime } from '../../src/local-cluster/runtime.ts'
import { TestControlPlane } from '../support/control-plane.ts'
import { eventually } from '../support/eventually.ts'
import { isAlive } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { Sink } from './containers/containers-bench.ts'
import { shell } from './pods/pods-bench.ts'

const core = (plural: string, namespaced = true) => ({ group: '', version: 'v1', plural, namespaced })
const unaborted = new AbortController().signal

/** What a test wants of a program of this project, which says what it sees. */
const PROGRAM = `
import { createServer } from 'node:http'
const server = createServer((request, response) => response.end(process.argv.slice(2).join(' ')))
server.listen(8080, () => console.log('listening on', server.address().address))
process.once('SIGTERM', () => server.close())
`

let server: TestControlPlane
let client: KubeClient
let pods: ResourceClient<Pod>
let folder: string
let runtime: LocalRuntime

beforeAll(async () => {
  server = await TestControlPlane.start()
  const { url, tls } = server
  client = new KubeClient({ readAccess: async () => ({ server: url, tls }) }, { qps: -1 })
  pods = client.resource<Pod>(core('pods'))
  folder = await mkdtemp(path.join(os.tmpdir(), 'runtime-'))
  await writeFile(path.join(folder, 'program.mjs'), PROGRAM)
  await client
    .resource(core('serviceaccounts'))
    .create({ metadata: { namespace: 'default', name: 'default' } })
  runtime = newRuntime()
  await runtime.start()
})

afterAll(async () => {
  await runtime.stop()
  await client.stop()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const newRuntime = () =>
  new LocalRuntime(
    { client, log: silentLogger },
    {
      nodeName: 'local',
      hostIP: '127.93.0.1',
      podRange: '127.93.0.0/16',
      folder: path.join(folder, 'data'),
      images: {
        names: { self: ['cluster-proxy'], web: ['nginx'], host: ['busybox'] },
        node: [process.execPath],
        self: path.join(folder, 'program.mjs'),
      },
    },
  )
const create = (name: string, spec: Partial<PodSpec>, labels = {}) =>
  pods.create({
    metadata: { namespace: 'default', name, labels },
    spec: { nodeName: 'local', automountServiceAccountToken: false, ...spec },
  })
const key = (name: string) => ({ namespace: 'default', name })
const untilPod = async (name: string, isAsWanted: (pod: Pod) => boolean): Promise<Pod> => {
  let pod: Pod | undefined
  await until(async () => {
    pod = await pods.find(key(name))
    return pod !== undefined && isAsWanted(pod)
  }, `${name} is as wanted`).catch((error) => {
    throw new Error(`it is ${JSON.stringify(pod?.status)}`, { cause: error })
  })
  return pod as Pod
}
const isReady = ({ status }: Pod) =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false
const logs = async (name: string, options: object = {}) => {
  const selection = { container: 'main', follow: false, previous: false, timestamps: false, ...options }
  const chunks: Uint8Array[] = []
  for await (const chunk of await runtime.logs(key(name), selection, unaborted)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
const fetchFrom = async (address: string, port: number) =>
  (await fetch(`http://${address}:${port}/`, { signal: AbortSignal.timeout(5000) })).text()

describe('the local runtime', { timeout: 60_000 }, () => {
  it('is a node', async () => {
    const node = await client.resource<Node>(core('nodes', false)).get({ name: 'local' })
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
    expect(node.status?.nodeInfo?.kubeletVersion).toMatch(/^v1\.\d+/)
  })

  it('gives a container its variables, volumes and paths', async () => {
    await client.resource(core('secrets')).create({
      metadata: { namespace: 'default', name: 'secret' },
      data: { word: Buffer.from('hush').toString('base64') },
    } as object as Pod)
    const script = 'cat "$FILE" "$1"; echo; echo "$(pwd) $POD_IP $WORD"; cat "$FILE" >/proc/self/fd/1; echo'
    await create('surroundings', {
      restartPolicy: 'Never',
      volumes: [{ name: 'v', secret: { secretName: 'secret' } }],
      containers: [
        shell('', {
          command: ['/bin/sh', '-c', script, 'sh', '/etc/secret/word'],
          workingDir: '/work',
          env: [
            { name: 'FILE', value: '/etc/secret/word' },
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'WORD', valueFrom: { secretKeyRef: { name: 'secret', key: 'word' } } },
          ],
          volumeMounts: [{ name: 'v', mountPath: '/etc/secret' }],
        }),
      ],
    })
    const pod = await untilPod('surroundings', ({ status }) => status?.phase === 'Succeeded')
    const [files, place] = (await logs('surroundings')).split('\n')
    expect(files).toBe('hushhush')
    expect(place).toMatch(
      new RegExp(`/pods/${pod.metadata.uid}/containers/main/rootfs/work ${pod.status?.podIP} hush$`),
    )
    expect(pod.status?.podIP).toMatch(/^127\.93\.0\.\d+$/)
  })

  it('runs programs of this project, each on the address of its pod', async () => {
    for (const name of ['one', 'two']) {
      await create(name, {
        containers: [{ name: 'main', image: 'cluster-proxy:v1', args: ['proxy-agent', name] }],
      })
    }
    for (const name of ['one', 'two']) {
      const pod = await untilPod(name, isReady)
      const address = pod.status?.podIP ?? ''
      await eventually(() => fetchFrom(address, 8080).catch(() => '')).toBe(`proxy-agent ${name}`)
      expect(await logs(name)).toMatch(/^listening on /)
    }
  })

  it('stands a small web server in for the image of one', async () => {
    await create('web', {
      containers: [{ name: 'main', image: 'nginx:1.27', ports: [{ containerPort: 8081 }] }],
    })
    const { status } = await untilPod('web', isReady)
    await eventually(() => fetchFrom(status?.podIP ?? '', 8081).catch(() => '')).toContain('<h1>Welcome</h1>')
    const socket = await runtime.connect(key('web'), 8081)
    socket.end('GET / HTTP/1.0\r\n\r\n')
    expect(await text(socket)).toContain('<h1>Welcome</h1>')
    await expect(runtime.connect(key('web'), 9)).rejects.toThrow(
      /failed to connect to localhost:9 inside pod web: .*ECONNREFUSED/,
    )
  })

  it('connects to no pod that has ended, whoever has its address now', async () => {
    await create('ended', { restartPolicy: 'Never', containers: [shell('exit 0')] })
    await untilPod('ended', ({ status }) => status?.phase === 'Succeeded')
    await expect(runtime.connect(key('ended'), 8081)).rejects.toThrow('it is not running')
  })

  it('runs commands in containers, and attaches to them', async () => {
    await create('shelled', {
      containers: [shell('cat; echo over; sleep 1000', { stdin: true, stdinOnce: true })],
    })
    await untilPod('shelled', isReady)
    const [stdout, stderr] = [new Sink(), new Sink()]
    const command = ['sh', '-c', 'echo out; echo err >&2; exit 4']
    const exit = await runtime.exec(
      key('shelled'),
      { container: 'main', command, tty: false },
      { stdout, stderr },
      unaborted,
    )
    expect([exit.exitCode, stdout.text, stderr.text]).toEqual([4, 'out\n', 'err\n'])
    const leaving = new AbortController()
    const [stdin, heard] = [new PassThrough(), new Sink()]
    const attached = runtime.attach(
      key('shelled'),
      { container: 'main', tty: false },
      { stdin, stdout: heard },
      leaving.signal,
    )
    stdin.end('words\n')
    await eventually(() => heard.text).toBe('words\nover\n')
    leaving.abort()
    await attached
    expect(await logs('shelled')).toBe('words\nover\n')
  })

  it('follows a log until the container has ended, and has that of the run before', async () => {
    await create('counting', {
      containers: [shell('echo run; echo first >>$HOME/../runs; wc -l <$HOME/../runs; sleep 0.2; echo end')],
    })
    await untilPod('counting', ({ status }) => status?.containerStatuses?.[0]?.state?.running !== undefined)
    expect(await logs('counting', { follow: true })).toMatch(/^run\n\d\nend\n$/)
    await untilPod(
      'counting',
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
    )
    expect(await logs('counting')).toBe('run\n2\nend\n')
    expect(await logs('counting', { previous: true, tailLines: 1 })).toBe('end\n')
  })

  it('says what it does not know', async () => {
    const selection = { container: 'main', follow: false, previous: false, timestamps: false }
    await expect(runtime.logs(key('nobody'), selection, unaborted)).rejects.toThrow('pods "nobody" not found')
    await expect(runtime.logs(key('web'), { ...selection, container: 'no' }, unaborted)).rejects.toThrow(
      'container no is not valid for pod web',
    )
    await expect(runtime.logs(key('web'), { ...selection, previous: true }, unaborted)).rejects.toThrow(
      'previous terminated container "main" in pod "web" not found',
    )
  })

  it('ends everything when it is stopped, and starts anew', async () => {
    await create('pid', { containers: [shell('echo $$ >$HOME/../pid; sleep 1000')] })
    const pod = await untilPod('pid', isReady)
    const file = path.join(folder, 'data/pods', pod.metadata.uid ?? '', 'containers/main/pid')
    const pid = Number(await readFile(file, 'utf8'))
    await runtime.stop()
    expect(isAlive(pid)).toBe(false)
    const node = await client.resource<Node>(core('nodes', false)).get({ name: 'local' })
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False')
    runtime = newRuntime()
    await runtime.start()
    await untilPod('pid', (each) => isReady(each) && each.status?.containerStatuses?.[0]?.restartCount === 1)
  })
})
