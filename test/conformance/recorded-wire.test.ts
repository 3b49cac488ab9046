import { describe, expect, it } from 'vitest'
import { decodePacket, type PacketTypeName } from '../../src/wire/index.ts'
import { encodeMessage, rebuildMessage, recordedTunnel } from '../support/recorded-tunnel.ts'

function encodeBack(message: Buffer): Buffer {
  const packet = decodePacket([message])
  expect(packet).not.toHaveProperty('unknown')
  return encodeMessage(packet)
}

describe('every message that the Go originals were recorded to send', () => {
  const messages = recordedTunnel.flatMap(({ message, ...line }) => (message ? [{ ...line, message }] : []))
  const byScenario = Map.groupBy(messages, ({ scenario }) => scenario)

  it.each([...byScenario.keys()])('is decoded, and encoded back to the same bytes: %s', (scenario) => {
    for (const { message, dir } of byScenario.get(scenario) ?? []) {
      const original = rebuildMessage(message)
      expect(encodeBack(original).equals(original), `${dir}: ${message.hex ?? message.head}`).toBe(true)
    }
  })

  it('is of one of the types that they have, each of which was recorded', () => {
    const types = new Set(messages.map(({ message }) => decodePacket([rebuildMessage(message)]).type))
    const expected: PacketTypeName[] = ['DIAL_REQ', 'DIAL_RSP', 'CLOSE_REQ', 'CLOSE_RSP', 'DATA', 'DRAIN']
    expect([...types]).toEqual(expect.arrayContaining(expected))
    expect(messages.length).toBeGreaterThan(150)
  })

  it('has dial IDs that no number holds, which are kept', () => {
    const randoms = messages.flatMap(({ message }) => {
      const packet = decodePacket([rebuildMessage(message)])
      return packet.type === 'DIAL_REQ' ? [packet.random] : []
    })
    expect(randoms.some((random) => random > 2n ** 53n)).toBe(true)
  })
})
