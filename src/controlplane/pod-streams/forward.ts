import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'

/**
 * Carries bytes both ways until both directions have ended, each on its own. What breaks on one side breaks the other, too; so does
 * `signal`.
 *
 * @throws what has broken the side of the pod
 */
export async function forward(client: Duplex, pod: Duplex, signal: AbortSignal): Promise<void> {
  let failure: Error | undefined
  pod.once('error', (error) => {
    failure = error
    client.destroy()
  })
  client.once('error', () => pod.destroy())
  client.once('close', () => pod.destroy())
  const give = () => {
    client.destroy()
    pod.destroy()
  }
  signal.addEventListener('abort', give, { once: true })
  if (signal.aborted || client.destroyed) give()
  client.pipe(pod)
  pod.pipe(client)
  try {
    await finished(pod).catch(() => {})
    if (!failure && !signal.aborted) await finished(client, { readable: false }).catch(() => {})
  } finally {
    signal.removeEventListener('abort', give)
  }
  if (failure) throw failure
}
