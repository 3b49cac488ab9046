import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { Attach, Exec, KubeConfig, Log, PortForward, type V1Status } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'
import { kubeconfigOf, runningPod } from '../../support/pod-fixtures.ts'
import { ProcessPods } from '../../support/process-pods.ts'

let server: TestControlPlane
let pods: ProcessPods
let config: KubeConfig
beforeAll(async () => {
  server = await TestControlPlane.start()
  pods = new ProcessPods()
  server.usePods(pods)
  await runningPod(server, 'one')
  await using kubeconfig = await kubeconfigOf(server)
  config = new KubeConfig()
  config.loadFromFile(kubeconfig.file)
})
afterAll(async () => {
  process.stdin.unref() // the library looks at it, which opens it
  await server.close()
})

describe('@kubernetes/client-node', () => {
  const exec = async (command: string[], input?: Buffer) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const stdin = input === undefined ? null : new PassThrough()
    const status = Promise.withResolvers<V1Status>()
    const [out, err] = [buffer(stdout), text(stderr)]
    await new Exec(config).exec(
      'default',
      'one',
      'main',
      command,
      stdout,
      stderr,
      stdin,
      false,
      status.resolve,
    )
    stdin?.end(input)
    return { stdout: await out, stderr: await err, status: await status.promise }
  }

  it('runs a command', async () => {
    const { stdout, stderr, status } = await exec(['sh', '-c', 'echo out; echo err >&2; exit 3'])
    expect([String(stdout), stderr]).toEqual(['out\n', 'err\n'])
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    })
  })

  it('gives a command its input to the end', async () => {
    const input = Buffer.alloc(1_000_000, 'x')
    const { stdout, status } = await exec(['cat'], input)
    expect(stdout.equals(input)).toBe(true)
    expect(status).toMatchObject({ status: 'Success' })
  })

  it('attaches', async () => {
    const [stdout, stdin] = [new PassThrough(), new PassThrough()]
    const socket = await new Attach(config).attach('default', 'one', 'main', stdout, null, stdin, false)
    stdin.write('said\n')
    const seen: string[] = []
    stdout.on('data', (piece) => seen.push(String(piece)))
    await eventually(() => seen.join('')).toBe('hello\nsaid\n')
    socket.close()
  })

  it('forwards a port', async () => {
    const echo = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
    await once(echo, 'listening')
    const { port } = echo.address() as AddressInfo
    const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()]
    const forwarded = await new PortForward(config).portForward(
      'default',
      'one',
      [port],
      output,
      errors,
      input,
    )
    input.write('there and back')
    const seen: string[] = []
    output.on('data', (piece) => seen.push(String(piece)))
    await eventually(() => seen.join('')).toBe('there and back')
    expect(pods.open).toBe(1)
    ;(forwarded as unknown as { close(): void }).close()
    await eventually(() => pods.open).toBe(0)
    echo.close()
  })

  it('reads a log', async () => {
    pods.log = async function* () {
      yield Buffer.from('a line\n')
    }
    const output = new PassThrough()
    const said = text(output)
    await new Log(config).log('default', 'one', 'main', output, { tailLines: 5 })
    expect(await said).toBe('a line\n')
    expect(pods.logRequests.at(-1)).toMatchObject({ tailLines: 5 })
  })
})
