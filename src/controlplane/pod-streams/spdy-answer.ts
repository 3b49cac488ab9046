import type { Duplex } from 'node:stream'
import { textAnswer, type UpgradeAnswer, type WholeAnswer } from '../http/answer.ts'
import { commaSeparated } from './web-socket.ts'

export const SPDY = 'SPDY/3.1'
const PROTOCOL_HEADER = 'x-stream-protocol-version'

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** What is negotiated with a client that wants SPDY/3.1: the protocol of its streams, or why there is none (httpstream, Handshake). */
export function streamProtocol(headers: Headers, served: readonly string[]): string | WholeAnswer {
  const header = headers[PROTOCOL_HEADER]
  if (header === undefined) {
    const count = Object.keys(headers).length
    const reason = `header X-Stream-Protocol-Version does not exist in request with ${count} headers`
    return textAnswer(400, `unable to upgrade: ${reason}\n`)
  }
  const offered = commaSeparated(header)
  if (offered.length === 0) {
    const reason = `header X-Stream-Protocol-Version contains [${header}], but no valid protocols`
    return textAnswer(400, `unable to upgrade: ${reason}\n`)
  }
  const chosen = commonProtocol(offered, served)
  if (chosen === undefined) return noCommonStreamProtocol(offered, served)
  if (String(headers.upgrade).toLowerCase() === SPDY.toLowerCase()) return chosen
  return textAnswer(400, 'unable to upgrade: missing upgrade headers in request\n')
}

export function commonProtocol(offered: readonly string[], served: readonly string[]): string | undefined {
  return offered.find((each) => served.includes(each))
}

export function noCommonStreamProtocol(offered: readonly string[], served: readonly string[]): WholeAnswer {
  const reason = `client supports [${offered.join(' ')}], server accepts [${served.join(' ')}]`
  const answer = textAnswer(403, `unable to upgrade: unable to negotiate protocol: ${reason}\n`)
  return { ...answer, headers: { 'x-accepted-stream-protocol-versions': served.join(', ') } }
}

/** Speaks SPDY/3.1. `serve` gets the connection behind the head of the answer. */
export function spdyAnswer(protocol: string, serve: (transport: Duplex) => void): UpgradeAnswer {
  return {
    status: 101,
    upgrade: ({ socket, head, headers }) => {
      const lines = [
        'HTTP/1.1 101 Switching Protocols',
        'Connection: Upgrade',
        `Upgrade: ${SPDY}`,
        `X-Stream-Protocol-Version: ${protocol}`,
        ...Object.entries(headers).flatMap(([name, value]) =>
          [value].flat().map((each) => `${name}: ${each}`),
        ),
      ]
      socket.write(`${lines.join('\r\n')}\r\n\r\n`)
      if (head.length > 0) socket.unshift(head)
      serve(socket)
    },
  }
}
