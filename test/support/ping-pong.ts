import { once } from 'node:events'
import type { Duplex } from 'node:stream'

/** Sends a line to a service that returns it, waits for it, and again: counts rounds. */
export async function pingPong(socket: Duplex, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const line = `round ${round};`
    socket.write(line)
    let returned = ''
    while (returned.length < line.length) {
      const chunk = socket.read() as Buffer | null
      if (chunk) returned += chunk
      else await Promise.race([once(socket, 'readable'), ended(socket)])
    }
    if (returned !== line) throw new Error(`sent ${line} and got ${returned}`)
  }
}

async function ended(socket: Duplex): Promise<never> {
  await Promise.race([once(socket, 'end'), once(socket, 'close')])
  throw new Error('the connection ended')
}
