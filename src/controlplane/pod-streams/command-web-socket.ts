import type { WebSocket } from 'ws'
import { type ChannelProtocol, ChannelSocket } from './channel-socket.ts'
import type { CommandConnection } from './command-connection.ts'
import type { CommandOptions } from './command-options.ts'
import { statusText } from './exit-status.ts'
import { closeSignal } from './web-socket.ts'

/** The channels of a command, by their numbers. */
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const

interface CommandProtocol extends ChannelProtocol {
  /** How a command ended is told as a Status, success included. */
  readonly tellsStatus: boolean
}

const PROTOCOLS: readonly CommandProtocol[] = [
  { name: 'v5.channel.k8s.io', base64: false, closes: true, tellsStatus: true },
  { name: 'v4.channel.k8s.io', base64: false, closes: false, tellsStatus: true },
  { name: 'v4.base64.channel.k8s.io', base64: true, closes: false, tellsStatus: true },
  { name: 'channel.k8s.io', base64: false, closes: false, tellsStatus: false },
  { name: 'base64.channel.k8s.io', base64: true, closes: false, tellsStatus: false },
  { name: '', base64: false, closes: false, tellsStatus: false },
]
const [FIFTH] = PROTOCOLS as readonly [CommandProtocol]

/** The first that a client names and there is; the fifth version comes before all others. None at all will do, too. */
export function commandProtocol(offered: readonly string[]): CommandProtocol | undefined {
  if (offered.includes(FIFTH.name)) return FIFTH
  const names = offered.length === 0 ? [''] : offered
  return names.map((name) => PROTOCOLS.find((each) => each.name === name)).find((each) => each)
}

/** The streams of a command on a WebSocket, which is told at once that it is there. */
export function webSocketCommand(
  socket: WebSocket,
  protocol: CommandProtocol,
  { stdin, stdout, stderr, tty }: CommandOptions,
): CommandConnection {
  const channels = new ChannelSocket(socket, protocol)
  const lowest = stdout ? CHANNEL.stdout : stderr ? CHANNEL.stderr : CHANNEL.error
  channels.send(lowest, Buffer.alloc(0)).catch(() => {}) // `signal` tells
  return {
    ...(stdin ? { stdin: channels.reader(CHANNEL.stdin) } : {}),
    ...(stdout ? { stdout: channels.writer(CHANNEL.stdout) } : {}),
    ...(stderr ? { stderr: channels.writer(CHANNEL.stderr) } : {}),
    ...(tty ? { resize: channels.reader(CHANNEL.resize) } : {}),
    signal: closeSignal(socket),
    sendStatus: async (status) => {
      const text = statusText(status, protocol.tellsStatus)
      if (text !== '') await channels.send(CHANNEL.error, Buffer.from(text))
    },
    close: () => channels.close(),
  }
}
