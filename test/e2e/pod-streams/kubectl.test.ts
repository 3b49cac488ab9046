import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'
import { hasKubeClients, KUBECTL } from '../../support/kube-clients.ts'
import { kubeconfigOf, runningPod } from '../../support/pod-fixtures.ts'
import { ProcessPods } from '../../support/process-pods.ts'
import { endProcesses, run, TestProcess } from '../../support/processes.ts'

const MUCH = randomBytes(10_000_000)

const PROTOCOLS = [
  ['WebSocket', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'true', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'true' }],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
] as const

describe.runIf(hasKubeClients())('kubectl and pods that run', () => {
  let server: TestControlPlane
  let pods: ProcessPods
  let kubeconfig: Awaited<ReturnType<typeof kubeconfigOf>>
  let folder: string
  let much: string
  let echo: net.Server

  beforeAll(async () => {
    server = await TestControlPlane.start()
    pods = new ProcessPods()
    server.usePods(pods)
    await runningPod(server, 'one')
    await runningPod(server, 'two', {
      containers: ['a', 'b'],
      initContainers: ['c'],
      lastState: { terminated: { exitCode: 1, containerID: 'x://1' } },
    })
    await runningPod(server, 'waiting', { state: { waiting: { reason: 'ContainerCreating' } } })
    kubeconfig = await kubeconfigOf(server)
    folder = await mkdtemp(path.join(os.tmpdir(), 'pod-streams-'))
    much = path.join(folder, 'much')
    await writeFile(much, MUCH)
    echo = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {})
      socket.pipe(socket)
    })
    echo.listen(0, '127.0.0.1')
    await once(echo, 'listening')
  })

  afterAll(async () => {
    await endProcesses()
    echo?.close()
    await server?.close()
    await kubeconfig?.[Symbol.asyncDispose]()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  const environment = (env: Readonly<Record<string, string>> = {}) => ({
    env: { KUBECONFIG: kubeconfig.file, HOME: folder, ...env },
    alone: true,
  })
  const kubectl = (args: readonly string[], env = {}, input = '') =>
    run(KUBECTL, args, { ...environment(env), input })
  const shell = (script: string, env = {}) =>
    run('/bin/sh', ['-c', script], {
      ...environment({ KUBECTL, MUCH: much, FOLDER: folder, ...env }),
      input: '',
    })
  const echoPort = () => (echo.address() as AddressInfo).port

  describe('logs', () => {
    const say = (text: string) => {
      pods.log = async function* () {
        yield Buffer.from(text)
      }
    }

    it('are shown', async () => {
      say('a line\nanother\n')
      expect(await kubectl(['logs', 'one'])).toMatchObject({ status: 0, stdout: 'a line\nanother\n' })
    })

    it.each([
      [['--tail=3'], { tailLines: 3 }],
      [['--previous'], { previous: true }],
      [['--since=90s'], { sinceSeconds: 90 }],
      [['--since-time=2026-01-01T00:00:00Z'], { sinceTime: '2026-01-01T00:00:00Z' }],
      [['--timestamps'], { timestamps: true }],
      [['--limit-bytes=10'], { limitBytes: 10 }],
      [['-c', 'b'], { container: 'b' }],
    ])('are asked for with %j', async (flags, expected) => {
      say('')
      const container = flags[0] === '-c' ? [] : ['-c', 'a']
      expect(await kubectl(['logs', 'two', ...container, ...flags])).toMatchObject({ status: 0, stderr: '' })
      expect(pods.logRequests.at(-1)).toMatchObject(expected)
    })

    it('go on, until nobody reads them any more', async () => {
      const gone = Promise.withResolvers<void>()
      pods.log = async function* (options, signal) {
        expect(options.follow).toBe(true)
        yield Buffer.from('first\n')
        await once(signal, 'abort')
        gone.resolve()
      }
      const follower = TestProcess.start(KUBECTL, ['logs', '-f', 'one'], environment())
      await follower.said(/first\n/)
      await follower.end()
      await gone.promise
    })

    it('of a container that has not started are refused', async () => {
      const { status, stderr } = await kubectl(['logs', 'waiting'])
      expect([status, stderr]).toEqual([
        1,
        'Error from server (BadRequest): container "main" in pod "waiting" is waiting to start: ContainerCreating\n',
      ])
    })
  })

  describe.each(PROTOCOLS)('over %s', (_name, env) => {
    it('runs a command, and ends as it does', async () => {
      const { status, stdout, stderr } = await kubectl(
        ['exec', 'one', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'],
        env,
      )
      expect([status, stdout, stderr]).toEqual([3, 'out\n', 'err\ncommand terminated with exit code 3\n'])
    })

    it('gives a command its input, and takes its output, byte for byte', async () => {
      const { status, stdout } = await shell(
        '"$KUBECTL" exec -i one -- cat <"$MUCH" | cmp - "$MUCH" && echo same',
        env,
      )
      expect([status, stdout]).toEqual([0, 'same\n'])
    })

    it('ends the input of a command that reads to its end', async () => {
      const { stdout } = await kubectl(['exec', '-i', 'one', '--', 'wc', '-c'], env, 'four')
      expect(stdout.trim()).toBe('4')
    })

    it('says why a command cannot be started', async () => {
      const { status, stderr } = await kubectl(['exec', 'one', '--', '/no/such/program'], env)
      expect(status).toBe(1)
      expect(stderr).toContain('Internal error occurred: error executing command in container: ')
      expect(stderr).toContain('ENOENT')
    })

    it('copies files both ways', async () => {
      const there = path.join(folder, 'there')
      const back = path.join(folder, 'back')
      expect((await kubectl(['cp', much, `one:${there}`], env)).status).toBe(0)
      expect((await readFile(there)).equals(MUCH)).toBe(true)
      expect((await kubectl(['cp', `one:${there}`, back], env)).status).toBe(0)
      expect((await readFile(back)).equals(MUCH)).toBe(true)
    })

    it('attaches to what a container runs', async () => {
      const { status, stdout } = await kubectl(['attach', '-i', 'one'], env, 'and what was said\n')
      expect([status, stdout]).toEqual([0, 'hello\nand what was said\n'])
    })

    it('tells the size of a terminal, and each change of it', async () => {
      pods.terminalSizes.length = 0
      const inTerminal = [
        'stty rows 33 cols 99',
        '(until [ -e "$FOLDER/changed" ]; do sleep 0.1; done; stty rows 44 cols 111 </dev/tty) &',
        'exec "$KUBECTL" exec -it one -- sh -c "echo ready; sleep 60"',
      ].join('\n')
      await rm(path.join(folder, 'changed'), { force: true })
      const script = `exec script -qec '${inTerminal.replaceAll("'", "'\\''")}' /dev/null`
      const terminal = TestProcess.start(
        '/bin/sh',
        ['-c', script],
        environment({ KUBECTL, FOLDER: folder, SHELL: '/bin/sh', ...env }),
      )
      await eventually(() => pods.terminalSizes).toContainEqual({ width: 99, height: 33 })
      await writeFile(path.join(folder, 'changed'), '')
      await eventually(() => pods.terminalSizes).toContainEqual({ width: 111, height: 44 })
      await terminal.end()
    })

    it('kills a command whose client goes away', async () => {
      const client = TestProcess.start(
        KUBECTL,
        ['exec', 'one', '--', 'sh', '-c', 'echo on; sleep 1000'],
        environment(env),
      )
      await client.said(/on\n/)
      expect(pods.open).toBe(1)
      await client.end()
      await eventually(() => pods.open).toBe(0)
    })

    it('kills a command that does not read, when its client goes away', async () => {
      const script = 'exec "$KUBECTL" exec -i one -- sh -c "echo on; sleep 1000" <"$MUCH"'
      const client = TestProcess.start(
        '/bin/sh',
        ['-c', script],
        environment({ KUBECTL, MUCH: much, ...env }),
      )
      await client.said(/on\n/)
      await client.end()
      await eventually(() => pods.open).toBe(0)
    })

    it('forwards connections to ports, several at once, byte for byte', async () => {
      const forwarder = TestProcess.start(
        KUBECTL,
        ['port-forward', 'pod/one', `:${echoPort()}`],
        environment(env),
      )
      const [, port = ''] = await forwarder.said(/Forwarding from 127\.0\.0\.1:(\d+) -> /)
      const answers = await Promise.all(
        [MUCH, Buffer.from('little'), MUCH].map((each) => askEcho(Number(port), each)),
      )
      expect(answers).toEqual([true, true, true])
      await eventually(() => pods.open).toBe(0)
      await forwarder.end()
    })

    it('says which port cannot be reached', async () => {
      const closed = net.createServer().listen(0, '127.0.0.1')
      await once(closed, 'listening')
      const { port: target } = closed.address() as AddressInfo
      closed.close()
      const forwarder = TestProcess.start(
        KUBECTL,
        ['port-forward', 'pod/one', `:${target}`],
        environment(env),
      )
      const [, port = ''] = await forwarder.said(/Forwarding from 127\.0\.0\.1:(\d+) -> /)
      const socket = net
        .connect(Number(port), '127.0.0.1')
        .on('error', () => {})
        .resume()
      await once(socket, 'close')
      await forwarder.said(
        new RegExp(`error forwarding port ${target} to pod one_default: connect ECONNREFUSED`),
      )
      await forwarder.end()
    })
  })

  it('has to say which of several containers it means', async () => {
    const { status, json } = await server.admin.post(
      '/api/v1/namespaces/default/pods/two/exec?command=sh&stdout=1',
      '',
      {
        connection: 'upgrade',
        upgrade: 'SPDY/3.1',
      },
    )
    expect([status, json.message]).toEqual([
      400,
      'a container name must be specified for pod two, choose one of: [a b] or one of the init containers: [c]',
    ])
  })
})

/** Whether everything comes back, and then the end. */
async function askEcho(port: number, bytes: Buffer): Promise<boolean> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const pieces: Buffer[] = []
  socket.end(bytes)
  for await (const piece of socket) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).equals(bytes)
}
