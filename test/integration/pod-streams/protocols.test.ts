import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { eventually } from '../../support/eventually.ts'
import { runningPod } from '../../support/pod-fixtures.ts'
import { ProcessPods } from '../../support/process-pods.ts'
import { messagesOf, upgrade, webSocket } from '../../support/upgrades.ts'

const SUCCESS = { metadata: {}, status: 'Success' }

let server: TestControlPlane
let pods: ProcessPods
let pod: string
beforeAll(async () => {
  server = await TestControlPlane.start()
  pods = new ProcessPods()
  server.usePods(pods)
  pod = await runningPod(server, 'one')
  await runningPod(server, 'nowhere', { node: '' })
})
afterAll(() => server.close())

const commandPath = (command: readonly string[], flags = 'stdout=1&stderr=1') =>
  `${pod}/exec?${flags}${command.map((each) => `&command=${encodeURIComponent(each)}`).join('')}`

/** What came on a channel, of which the first is empty to say that it is there. */
const textOn = (messages: readonly [number, Buffer][], channel: number) =>
  messages.flatMap(([on, data]) => (on === channel ? [String(data)] : [])).join('')

describe('the channels of a WebSocket', () => {
  it.each(['v5.channel.k8s.io', 'v4.channel.k8s.io'])(
    'carry a command and its Status in %s',
    async (protocol) => {
      const socket = await webSocket(server, commandPath(['sh', '-c', 'echo a; echo b >&2']), [protocol])
      expect(socket.protocol).toBe(protocol)
      const messages = await messagesOf(socket)
      expect(messages[0]).toEqual([1, Buffer.alloc(0)])
      expect([textOn(messages, 1), textOn(messages, 2)]).toEqual(['a\n', 'b\n'])
      expect(JSON.parse(textOn(messages, 3))).toEqual(SUCCESS)
    },
  )

  it('say nothing of success, and a text of failure, in their first version', async () => {
    const good = await webSocket(server, commandPath(['true']), ['channel.k8s.io'])
    expect(textOn(await messagesOf(good), 3)).toBe('')
    const bad = await webSocket(server, commandPath(['false']), ['channel.k8s.io'])
    expect(textOn(await messagesOf(bad), 3)).toBe('command terminated with non-zero exit code: exit status 1')
  })

  it('are text in base64, where a client wants that', async () => {
    const path = commandPath(['head', '-c', '4'], 'stdin=1&stdout=1')
    const socket = await webSocket(server, path, ['v4.base64.channel.k8s.io'])
    const received = messagesOf(socket)
    socket.send(`0${Buffer.from('äb\n').toString('base64')}`)
    const messages = (await received).map(
      ([channel, data]) => [channel - 0x30, Buffer.from(String(data), 'base64')] as [number, Buffer],
    )
    expect(textOn(messages, 1)).toBe('äb\n')
    expect(JSON.parse(textOn(messages, 3))).toEqual(SUCCESS)
  })

  it('end one by one in the fifth version', async () => {
    const path = commandPath(['wc', '-c'], 'stdin=1&stdout=1')
    const socket = await webSocket(server, path, ['v5.channel.k8s.io', 'v4.channel.k8s.io'])
    const received = messagesOf(socket)
    socket.send(Buffer.from([0, ...Buffer.from('four')]))
    socket.send(Buffer.from([255, 0]))
    socket.send(Buffer.from([0, ...Buffer.from('too late')]))
    expect(textOn(await received, 1).trim()).toBe('4')
  })

  it('need no protocol', async () => {
    const socket = await webSocket(server, commandPath(['echo', 'a']), [])
    expect(socket.protocol).toBe('')
    expect(textOn(await messagesOf(socket), 1)).toBe('a\n')
  })

  it('are refused when there is no common protocol', async () => {
    await expect(webSocket(server, commandPath(['true']), ['v9.channel.k8s.io'])).rejects.toThrow('403')
  })

  it('hold up a client whose input nobody reads, and let go of it when it goes', async () => {
    const socket = await webSocket(server, commandPath(['sleep', '1000'], 'stdin=1&stdout=1'), [
      'v5.channel.k8s.io',
    ])
    const piece = Buffer.alloc(1024 * 1024)
    for (let count = 0; count < 64; count++) socket.send(piece)
    await eventually(() => pods.open).toBe(1)
    expect(socket.bufferedAmount).toBeGreaterThan(32 * 1024 * 1024)
    socket.terminate()
    await eventually(() => pods.open).toBe(0)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['an unknown channel', Buffer.from([77, 1, 2, 3])],
    ['a channel to be read', Buffer.from([1, 1, 2, 3])],
    ['the end of an unknown channel', Buffer.from([255, 77])],
    ['the end of no channel', Buffer.from([255])],
    ['no size of a terminal', Buffer.from([4, ...Buffer.from('{"Width":')])],
    ['no JSON', Buffer.from([4, ...Buffer.from('}}}}')])],
  ])('bear %s', async (_what, message) => {
    const path = commandPath(['cat'], 'stdin=1&stdout=1&tty=1')
    const socket = await webSocket(server, path, ['v5.channel.k8s.io'])
    const received = messagesOf(socket)
    socket.send(message)
    socket.send(Buffer.from([0, ...Buffer.from('fine')]))
    socket.send(Buffer.from([255, 0]))
    expect(textOn(await received, 1)).toBe('fine')
  })

  it('are closed on a client that breaks WebSocket', async () => {
    const socket = await webSocket(server, commandPath(['sleep', '1000']), ['v5.channel.k8s.io'])
    await eventually(() => pods.open).toBe(1)
    const { _socket: raw } = socket as unknown as { _socket: net.Socket }
    raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))
    await once(socket, 'close')
    await eventually(() => pods.open).toBe(0)
  })
})

describe('the ports of a WebSocket', () => {
  it('each have a channel for data and one for an error, that begin with the port', async () => {
    const echo = net.createServer((socket) => socket.end('hi')).listen(0, '127.0.0.1')
    await once(echo, 'listening')
    const { port } = echo.address() as AddressInfo
    const closed = net.createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port: nobody } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const socket = await webSocket(server, `${pod}/portforward?ports=${port}&ports=${nobody}`, [
      'v4.channel.k8s.io',
    ])
    const received = messagesOf(socket)
    const ofChannel = (messages: readonly [number, Buffer][], wanted: number) =>
      Buffer.concat(messages.flatMap(([on, data]) => (on === wanted ? [data] : [])))
    const messages = await received
    expect(ofChannel(messages, 0).readUInt16LE()).toBe(port)
    expect(String(ofChannel(messages, 0).subarray(2))).toBe('hi')
    expect(ofChannel(messages, 3).readUInt16LE()).toBe(nobody)
    expect(String(ofChannel(messages, 3).subarray(2))).toContain(
      `error forwarding port ${nobody} to pod one_default: connect ECONNREFUSED`,
    )
    await eventually(() => pods.open).toBe(0)
    echo.close()
  })

  it.each([
    ['', 'query parameter \\"port\\" is required'],
    ['ports=', 'query parameter \\"port\\" cannot be empty'],
    ['ports=abc', 'unable to parse \\"abc\\" as a port'],
    ['ports=0', 'port \\"0\\" must be \\u003e 0'],
    ['ports=70000', 'unable to parse \\"70000\\" as a port'],
  ])('have to be ports: %s', async (query, message) => {
    const opened = webSocket(server, `${pod}/portforward?${query}`, ['v4.channel.k8s.io'])
    await expect(opened).rejects.toThrow(`400 `)
    await expect(opened).rejects.toThrow(message)
  })
})

describe('SPDY', () => {
  it.each([
    [{ 'x-stream-protocol-version': 'v4.channel.k8s.io' }, 101, ''],
    [{}, 400, 'unable to upgrade: header X-Stream-Protocol-Version does not exist in request with'],
    [{ 'x-stream-protocol-version': ' ' }, 400, 'but no valid protocols'],
    [
      { 'x-stream-protocol-version': 'v9.channel.k8s.io, v8.channel.k8s.io' },
      403,
      'unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io v8.channel.k8s.io], server accepts [v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]',
    ],
  ])('is negotiated: %j', async (headers, status, body) => {
    const answer = await upgrade(server, commandPath(['true']), headers)
    expect(answer.status).toBe(status)
    expect(answer.body).toContain(body)
    answer.socket?.destroy()
  })

  it('is closed on a client that sends no frames', async () => {
    const headers = { 'x-stream-protocol-version': 'portforward.k8s.io' }
    const { socket } = await upgrade(server, `${pod}/portforward`, headers)
    socket?.resume().write('GET / HTTP/1.1\r\n\r\n'.repeat(10_000))
    socket?.on('error', () => {})
    await once(socket as net.Socket, 'close')
  })
})

describe('what is asked of a pod', () => {
  it.each([
    ['/exec?command=true', 'you must specify at least 1 of stdin, stdout, stderr'],
    ['/exec?command=true&stdout=1&container=x', 'container x is not valid for pod one'],
    ['/attach?stderr=1&tty=1', 'you must specify at least 1 of stdin, stdout, stderr'],
    ['/log?tailLines=abc', 'strconv.ParseInt: parsing "abc": invalid syntax'],
    ['/log?container=x', 'container x is not valid for pod one'],
    ['/log?previous=true', 'previous terminated container "main" in pod "one" not found'],
  ])('may be wrong: %s', async (part, message) => {
    const { status, json } = await server.admin.get(`${pod}${part}`)
    expect([status, json.reason, json.message]).toEqual([400, 'BadRequest', message])
  })

  it.each(['exec?stdout=1&command=true', 'attach?stdout=1', 'portforward'])(
    'needs a connection of its own: %s',
    async (part) => {
      for (const method of ['GET', 'POST']) {
        const { status, json } = await server.admin.request({ method, path: `${pod}/${part}` })
        expect([status, json.message]).toEqual([400, 'Upgrade request required'])
      }
    },
  )

  it('is answered otherwise where the connection is to become something unknown', async () => {
    const { status, body } = await upgrade(server, `${pod}/portforward`, {
      upgrade: 'h2c',
      'x-stream-protocol-version': 'portforward.k8s.io',
    })
    expect([status, body]).toEqual([400, 'unable to upgrade: missing upgrade headers in request\n'])
  })

  it('is answered as ever where something else would not need a connection of its own', async () => {
    const { status, body } = await upgrade(server, '/api/v1/namespaces', { upgrade: 'websocket' })
    expect([status, JSON.parse(body).kind]).toEqual([400, 'Status'])
    const get = await server.admin.get(pod, { connection: 'upgrade', upgrade: 'websocket' })
    expect([get.status, get.json.kind]).toEqual([200, 'Pod'])
  })

  it('is impossible as long as the pod is nowhere', async () => {
    const nowhere = '/api/v1/namespaces/default/pods/nowhere'
    const spdy = { connection: 'upgrade', upgrade: 'SPDY/3.1' }
    for (const part of ['exec?stdout=1&command=true', 'attach?stdout=1', 'portforward']) {
      const { status, json } = await server.admin.post(`${nowhere}/${part}`, '', spdy)
      expect([status, json.message]).toEqual([400, 'pod nowhere does not have a host assigned'])
    }
    const log = await server.admin.get(`${nowhere}/log`)
    expect([log.status, log.text]).toEqual([204, ''])
  })

  it('is impossible as long as nothing runs pods', async () => {
    server.usePods(undefined)
    const { status, json } = await server.admin.get(`${pod}/log`)
    server.usePods(pods)
    expect([status, json.reason]).toEqual([503, 'ServiceUnavailable'])
    expect(json.message).toBe(
      'the node "node-1" of pod one cannot be reached: this control plane runs no pods',
    )
  })

  it('is answered as the node has it, when it says why', async () => {
    pods.log = () => {
      throw new Error('the disk is gone')
    }
    expect((await server.admin.get(`${pod}/log`)).status).toBe(500)
  })

  it('may break off', async () => {
    pods.log = async function* () {
      yield Buffer.from('first\n')
      throw new Error('the disk is gone')
    }
    const response = await server.admin.open({ path: `${pod}/log` })
    await expect(response.toArray()).rejects.toThrow('aborted')
  })

  it('is read no faster than its reader reads', async () => {
    let given = 0
    pods.log = async function* (_options, signal) {
      while (!signal.aborted) {
        given += 64 * 1024
        yield Buffer.alloc(64 * 1024)
      }
    }
    const response = await server.admin.open({ path: `${pod}/log?follow=true` })
    response.pause()
    let before = -1
    await eventually(() => {
      const stands = before === given
      before = given
      return stands && given > 0
    }).toBe(true)
    expect(given).toBeLessThan(64 * 1024 * 1024)
    response.destroy()
  })
})

describe('who may reach into a pod', () => {
  it('needs more than the right to read, however it asks', async () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['pods', 'pods/exec'], verbs: ['get'] }],
    }
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'rita' }],
    }
    await server.admin.post('/apis/rbac.authorization.k8s.io/v1/clusterroles', role)
    await server.admin.post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding)
    const opened = webSocket(server, commandPath(['true']), ['v5.channel.k8s.io'], {
      'impersonate-user': 'rita',
    })
    await expect(opened).rejects.toThrow('403')
    await expect(opened).rejects.toThrow(
      'pods \\"one\\" is forbidden: User \\"rita\\" cannot create resource \\"pods/exec\\" in API group \\"\\" in the namespace \\"default\\"',
    )
  })

  it('is asked before anything is said of the pod', async () => {
    const { status } = await server.impersonating('nobody').get('/api/v1/namespaces/default/pods/none/log')
    expect(status).toBe(403)
  })
})

describe('a control plane that stops', () => {
  it('ends what goes on', async () => {
    const other = await TestControlPlane.start()
    const runtime = new ProcessPods()
    other.usePods(runtime)
    const path = await runningPod(other, 'one')
    const socket = await webSocket(other, `${path}/exec?stdout=1&command=sleep&command=1000`, [
      'v5.channel.k8s.io',
    ])
    const closed = once(socket, 'close')
    await eventually(() => runtime.open).toBe(1)
    await other.close()
    await closed
    await eventually(() => runtime.open).toBe(0)
  })
})
