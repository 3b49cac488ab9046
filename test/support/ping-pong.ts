import type { Duplex } from 'node:stream'

/** Sends a line to a service that returns it, waits for it, and again. */
export async function pingPong(socket: Duplex, rounds: number): Promise<void> {
  const chunks = socket.iterator({ destroyOnReturn: false })
  for (let round = 0; round < rounds; round++) {
    const line = `round ${round};`
    socket.write(line)
    let returned = ''
    while (returned.length < line.length) {
      const { value, done } = await chunks.next()
      if (done) throw new Error(`the connection ended in round ${round}`)
      returned += value
    }
    if (returned !== line) throw new Error(`sent ${line} and got ${returned}`)
  }
  await chunks.return?.()
}
