import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { expectDialError, record, TunnelFixture } from './fixture.ts'

describe.each([
  ['a server like Go’s, on TCP', {}],
  ['a server with extensions, on TCP', { extensions: 1 }],
  ['a server like Go’s, on a unix socket', { unix: true }],
])('a dial through %s', (_name, options) => {
  let fixture: TunnelFixture
  beforeEach(async () => {
    fixture = await TunnelFixture.start(options)
  })
  afterEach(() => fixture.stop())

  it('asks for the address with a dial ID of 63 bits, and is answered with a socket', async () => {
    const dialing = fixture.tunnel.dialContext('tcp', 'node-3.example:10250')
    const stream = await fixture.proxy.nextStream()
    const request = await stream.accept()
    const socket = await dialing

    expect(request).toMatchObject({ protocol: 'tcp', address: 'node-3.example:10250' })
    expect(request.random).toBeGreaterThan(0n)
    expect(request.random).toBeLessThan(2n ** 63n)
    expect(stream.call.headers).toMatchObject({
      ':path': '/ProxyService/Proxy',
      'content-type': 'application/grpc',
      te: 'trailers',
      'cluster-proxy-extensions': '1',
    })
    expect(socket).toMatchObject({
      remoteAddress: 'node-3.example',
      remotePort: 10250,
      remoteFamily: undefined,
      connecting: false,
      pending: false,
      readyState: 'open',
    })
    socket.destroy()
  })

  it('takes an IPv6 address', async () => {
    const dialing = fixture.tunnel.dial('[fd00::1]:443')
    const stream = await fixture.proxy.nextStream()
    expect(await stream.accept()).toMatchObject({ address: '[fd00::1]:443' })
    const socket = await dialing
    expect(socket).toMatchObject({ remoteAddress: 'fd00::1', remotePort: 443, remoteFamily: 'IPv6' })
    socket.destroy()
  })

  it('tells what the agent said of a failure', async () => {
    const dialing = fixture.tunnel.dial('127.0.0.1:1')
    const stream = await fixture.proxy.nextStream()
    const { random } = await stream.next('DIAL_REQ')
    const error = 'dial tcp 127.0.0.1:1: connect: connection refused'
    stream.send({ type: 'DIAL_RSP', random, connectId: 0, error })
    await expectDialError(dialing, 'endpoint', error)
    expect(await stream.ended).toMatchObject({ clean: true })
  })

  it('is refused with DIAL_CLS', async () => {
    const dialing = fixture.tunnel.dial('target:80')
    const stream = await fixture.proxy.nextStream()
    const { random } = await stream.next('DIAL_REQ')
    stream.send({ type: 'DIAL_CLS', random })
    await expectDialError(dialing, 'dialclosed', 'dial closed')
    expect(await stream.ended).toMatchObject({ clean: true })
  })

  it('fails when the stream ends unanswered, and tells the status', async () => {
    const dialing = fixture.tunnel.dial('target:80')
    const stream = await fixture.proxy.nextStream()
    stream.finish(14, 'shutting down')
    const error = await expectDialError(dialing, 'tunnelclosed', 'tunnel closed')
    expect(error.cause).toMatchObject({ code: 'ERR_GRPC_STATUS', status: 14 })
  })

  it('fails when the stream is reset unanswered', async () => {
    const dialing = fixture.tunnel.dial('target:80')
    const stream = await fixture.proxy.nextStream()
    stream.reset()
    const error = await expectDialError(dialing, 'tunnelclosed', 'tunnel closed')
    expect(error.cause).toMatchObject({ code: 'ECONNRESET' })
  })

  it('fails when the connection is lost unanswered', async () => {
    const dialing = fixture.tunnel.dial('target:80')
    await fixture.proxy.nextStream()
    fixture.proxy.dropConnections()
    await expectDialError(dialing, 'tunnelclosed', /^tunnel closed/)
  })

  it('fails on an answer to another dial', async () => {
    const dialing = fixture.tunnel.dial('target:80')
    const stream = await fixture.proxy.nextStream()
    const { random } = await stream.next('DIAL_REQ')
    stream.send({ type: 'DIAL_RSP', random: random ^ 1n, connectId: 3, error: '' })
    const error = await expectDialError(dialing, 'tunnelclosed', 'tunnel closed')
    expect(error.cause).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  it('given up by its signal says DIAL_CLS and ends the stream in order', async () => {
    const controller = new AbortController()
    const dialing = fixture.tunnel.dial('target:80', { signal: controller.signal })
    const stream = await fixture.proxy.nextStream()
    const { random } = await stream.next('DIAL_REQ')
    controller.abort(new Error('no longer wanted'))
    const error = await expectDialError(dialing, 'context', 'dial timeout, context')
    expect(error.cause).toEqual(new Error('no longer wanted'))
    expect(await stream.next('DIAL_CLS')).toMatchObject({ random })
    await stream.peerEnded
    expect(await stream.ended).toMatchObject({ clean: true })
  })

  it('given up before it began opens no stream', async () => {
    const dialing = fixture.tunnel.dial('target:80', { signal: AbortSignal.abort('too late') })
    expect((await expectDialError(dialing, 'context', 'dial timeout, context')).cause).toBe('too late')
    expect(fixture.proxy.accepted).toBe(0)
  })

  it('has its own deadline', async () => {
    const { socket } = await fixture.establish() // connecting does not count here
    const dialing = fixture.tunnel.dial('target:80', { timeoutMs: 50 })
    await expectDialError(dialing, 'timeout', 'dial timeout, backstop')
    const stream = await fixture.proxy.nextStream()
    await stream.next('DIAL_CLS')
    expect(await stream.ended).toMatchObject({ clean: true })
    socket.destroy()
  })

  it('that is answered when it had been given up leaves nothing behind', async () => {
    const controller = new AbortController()
    const dialing = fixture.tunnel.dial('target:80', { signal: controller.signal })
    const stream = await fixture.proxy.nextStream()
    stream.endsWithPeer = false
    const { random } = await stream.next('DIAL_REQ')
    controller.abort()
    await expectDialError(dialing, 'context', 'dial timeout, context')
    await stream.peerEnded
    stream.send({ type: 'DIAL_RSP', random, connectId: 3, error: '' })
    stream.sendData(3, 'hello')
    stream.finish()
    expect(await stream.ended).toMatchObject({ clean: true })
  })

  it('delivers what comes in the same packet of the network as the answer, even the end', async () => {
    const dialing = fixture.tunnel.dial('target:80')
    const stream = await fixture.proxy.nextStream()
    const { random } = await stream.next('DIAL_REQ')
    stream.send({ type: 'DIAL_RSP', random, connectId: 3, error: '' })
    stream.sendData(3, 'SSH-2.0-server\r\n')
    stream.send({ type: 'CLOSE_RSP', connectId: 3, error: '' })
    stream.finish()
    const seen = record(await dialing)
    await seen.closed
    expect(seen.text).toBe('SSH-2.0-server\r\n')
    expect(seen.events).toEqual(['end', 'finish', 'close'])
  })

  it('does not throw an error that nobody could have listened for', async () => {
    const dialing = fixture.tunnel.dial('target:80')
    const stream = await fixture.proxy.nextStream()
    const { random } = await stream.next('DIAL_REQ')
    stream.send({ type: 'DIAL_RSP', random, connectId: 3, error: '' })
    stream.sendData(3, 'hello')
    stream.send({ type: 'CLOSE_RSP', connectId: 3, error: 'read: connection reset by peer' })
    stream.finish()
    const seen = record(await dialing)
    await seen.closed
    expect(seen.text).toBe('hello')
    expect(seen.error).toMatchObject({
      code: 'ECONNRESET',
      message: 'connection reset: read: connection reset by peer',
    })
  })
})

describe('a dial', () => {
  let fixture: TunnelFixture
  beforeEach(async () => {
    fixture = await TunnelFixture.start()
  })
  afterEach(async () => {
    vi.useRealTimers()
    await fixture.stop()
  })

  it('knows no protocol but tcp', async () => {
    await expectDialError(fixture.tunnel.dialContext('udp', 'target:53'), 'unknown', 'protocol not supported')
    expect(fixture.proxy.accepted).toBe(0)
  })

  it.each(['target', 'target:http', ':80', 'a:b:80', 'target:80\r\nx', 'target:99999'])(
    'refuses the address %j',
    async (address) => {
      await expectDialError(fixture.tunnel.dial(address), 'unknown', /^invalid address ".*": want host:port$/)
    },
  )

  it('waits 30 s for its answer', async () => {
    const { socket } = await fixture.establish() // the connection is there before time stands still
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const dialing = fixture.tunnel.dial('target:80')
    const failed = expectDialError(dialing, 'timeout', 'dial timeout, backstop')
    const stream = await fixture.proxy.nextStream()
    vi.advanceTimersByTime(29_999)
    stream.finish = () => {}
    expect(await Promise.race([failed, 'still waiting'])).toBe('still waiting')
    vi.advanceTimersByTime(1)
    await failed
    await stream.next('DIAL_CLS')
    vi.advanceTimersByTime(10_000) // the server does not end the stream: it is reset
    expect(await stream.ended).toMatchObject({ resetCode: 8 })
    socket.destroy()
  })

  it('tells that it cannot connect', async () => {
    await fixture.proxy.stop()
    const error = await expectDialError(
      fixture.tunnel.dial('target:80'),
      'streamsetup',
      `connect to ${fixture.proxy.address}: connect ECONNREFUSED ${fixture.proxy.address}`,
    )
    expect(error.cause).toMatchObject({ code: 'ERR_CONNECT' })
  })

  it('tells that the server’s certificate is not to be trusted', async () => {
    const tunnel = fixture.createTunnel({ credentials: {} })
    await expectDialError(
      tunnel.dial('target:80'),
      'streamsetup',
      /: self-signed certificate in certificate chain$/,
    )
  })

  it('given up by its signal while the tunnel connects does not wait for that', async () => {
    const silent = net.createServer().listen(0, '127.0.0.1')
    await eventually(() => silent.listening).toBe(true)
    const tunnel = fixture.createTunnel({
      address: `127.0.0.1:${(silent.address() as net.AddressInfo).port}`,
    })
    const controller = new AbortController()
    const accepted = new Promise<net.Socket>((resolve) => silent.once('connection', resolve))
    const dialing = tunnel.dial('target:80', { signal: controller.signal })
    const socket = await accepted
    controller.abort('enough')
    expect((await expectDialError(dialing, 'context', 'dial timeout, context')).cause).toBe('enough')
    const gone = new Promise((resolve) => socket.once('close', resolve).resume())
    await tunnel.close()
    await gone
    silent.close()
  })

  it('times out while the tunnel connects', async () => {
    const silent = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
    await eventually(() => silent.listening).toBe(true)
    const address = `127.0.0.1:${(silent.address() as net.AddressInfo).port}`
    const tunnel = fixture.createTunnel({ address, connectTimeoutMs: 50 })
    await expectDialError(tunnel.dial('target:80'), 'streamsetup', `connect to ${address}: timed out`)
    await expectDialError(tunnel.dial('target:80', { timeoutMs: 20 }), 'timeout', 'dial timeout, backstop')
    await tunnel.close()
    silent.close()
  })

  it('that the server refused to look at is tried once more, on another connection', async () => {
    const dialing = fixture.tunnel.dial('target:80')
    const first = await fixture.proxy.nextStream()
    fixture.proxy.goAway()
    first.stream.close(7)
    const second = await fixture.proxy.nextStream()
    await second.accept()
    const socket = await dialing
    expect(fixture.proxy.accepted).toBe(2)
    socket.destroy()
  })

  it('that the server refuses to look at twice fails', async () => {
    const dialing = fixture.tunnel.dial('target:80')
    ;(await fixture.proxy.nextStream()).stream.close(7)
    ;(await fixture.proxy.nextStream()).stream.close(7)
    await expectDialError(dialing, 'streamsetup', 'the proxy server refused the stream')
  })
})
