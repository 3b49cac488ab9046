import type { IncomingMessage } from 'node:http'

const PROTOCOLS = ['websocket', 'spdy/3.1']

/** Whether a request may take its connection over; any other that says so is answered as if it did not. */
export function isUpgrade({ headers }: IncomingMessage): boolean {
  const { upgrade = '', 'content-length': length = '0', 'transfer-encoding': encoding } = headers
  const hasBody = length !== '0' || encoding !== undefined
  return !hasBody && PROTOCOLS.includes(upgrade.toLowerCase())
}
