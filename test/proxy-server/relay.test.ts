import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'

const OURS = { windowBytes: 16 * 1024 * 1024 }

/** Field 100 of the payload, and field 101 of the packet: neither exists yet. */
const NEW_IN_PAYLOAD = 'a00607'
const NEW_IN_PACKET = 'aa06026869'

function hexMessage(type: string, payloadTag: string, payload: string): Buffer {
  const body = Buffer.from(payload + NEW_IN_PAYLOAD, 'hex')
  return Buffer.concat([
    Buffer.from(type + payloadTag, 'hex'),
    Buffer.from([body.length]),
    body,
    Buffer.from(NEW_IN_PACKET, 'hex'),
  ])
}

describe('what this version does not know', () => {
  it('is kept in every packet that is relayed', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    const dialRequest = hexMessage('', '12', '0a03746370' + '1203613a31' + '1805')
    const dialResponse = hexMessage('0801', '1a', '1001' + '1805')
    const data = hexMessage('0804', '22', '0801' + '1a0178')
    const closeRequest = hexMessage('0802', '2a', '0801')
    const closeResponse = hexMessage('0803', '32', '1001')
    stream.sendMessage(dialRequest)
    await agent.next('DIAL_REQ')
    agent.sendMessage(dialResponse)
    await stream.next('DIAL_RSP')
    stream.sendMessage(data)
    await agent.next('DATA')
    agent.sendMessage(data)
    await stream.next('DATA')
    stream.sendMessage(closeRequest)
    await agent.next('CLOSE_REQ')
    agent.sendMessage(closeResponse)
    await stream.ended
    expect(agent.messages).toEqual([dialRequest, data, closeRequest])
    expect(stream.messages).toEqual([dialResponse, data, closeResponse])
  })

  it('is kept in the answer to a dial that failed', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.send({ type: 'DIAL_REQ', protocol: 'tcp', address: 'a:1', random: 5n })
    await agent.next('DIAL_REQ')
    const dialResponse = hexMessage('0801', '1a', '0a026e6f' + '1805')
    agent.sendMessage(dialResponse)
    await stream.ended
    expect(stream.messages).toEqual([dialResponse])
  })
})

describe('DATA', () => {
  it('of up to 64 KiB is relayed as it is, one for one', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { stream, connectId } = await fixture.establish(agent)
    for (const size of [1, 2047, 2048, 4096, 16_384, 65_535, 65_536]) {
      stream.sendData(connectId, Buffer.alloc(size, 'up'))
      expect(await agent.next('DATA')).toMatchObject({ length: size })
      agent.sendData(connectId, Buffer.alloc(size, 'down'))
      expect(await stream.next('DATA')).toMatchObject({ length: size })
    }
  })

  it.each([
    ['like Go', {}],
    ['of ours', OURS],
  ])('of more than that is cut, both ways, with an agent %s', async (_, options) => {
    const fixture = await ProxyServerFixture.start({ windowBytes: 4 * 1024 * 1024 })
    const agent = await fixture.connectAgent(options)
    const { stream, connectId } = await fixture.establish(agent)
    const bytes = Buffer.alloc(200_000)
    for (let index = 0; index < bytes.length; index++) bytes[index] = index % 251
    stream.sendData(connectId, bytes)
    agent.sendData(connectId, bytes)
    for (const peer of [agent, stream]) {
      await eventually(() => peer.byteCount(connectId)).toBe(bytes.length)
      expect(peer.bytes(connectId).equals(bytes)).toBe(true)
      const sizes = peer.packets.flatMap((packet) => (packet.type === 'DATA' ? [packet.length] : []))
      expect(sizes).toEqual([65_536, 65_536, 65_536, 3_392])
    }
  })

  it('of many connections at once goes to its own', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const connections = []
    for (let count = 0; count < 20; count++) connections.push(await fixture.establish(agent))
    for (let round = 0; round < 20; round++) {
      for (const { stream, connectId } of connections) {
        stream.sendData(connectId, `${connectId} up ${round};`)
        agent.sendData(connectId, `${connectId} down ${round};`)
      }
    }
    const expected = (connectId: number, way: string) =>
      Array.from({ length: 20 }, (_, round) => `${connectId} ${way} ${round};`).join('')
    for (const { stream, connectId } of connections) {
      const down = expected(connectId, 'down')
      const up = expected(connectId, 'up')
      await eventually(() => stream.bytes(connectId).toString()).toBe(down)
      await eventually(() => agent.bytes(connectId).toString()).toBe(up)
    }
  })

  it('is counted, as every packet', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { stream, connectId } = await fixture.establish(agent)
    stream.sendData(connectId, 'x')
    await agent.next('DATA')
    agent.sendData(connectId, 'y')
    await stream.next('DATA')
    for (const segment of ['from_client', 'to_agent', 'from_agent', 'to_client'])
      expect(await fixture.metric('stream_packets_total', { segment, packet_type: 'DATA' })).toBe(1)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await agent.next('CLOSE_REQ')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
    for (const [segment, packet_type] of [
      ['from_client', 'CLOSE_REQ'],
      ['to_agent', 'CLOSE_REQ'],
      ['from_agent', 'CLOSE_RSP'],
      ['to_client', 'CLOSE_RSP'],
    ] as const)
      expect(await fixture.metric('stream_packets_total', { segment, packet_type })).toBe(1)
  })
})
