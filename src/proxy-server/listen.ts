import { rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { AppError } from '../common/errors.ts'

export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/**
 * Starts a listener and resolves once it accepts. An empty host means all interfaces.
 *
 * @throws AppError `ERR_LISTEN`, in Go's form, with the flag that chose the address
 */
export async function listen(server: Server, address: ListenAddress, flag: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.once('listening', resolve)
  if ('path' in address) listenOnSocketFile(server, address.path)
  else server.listen({ port: address.port, ...(address.host ? { host: address.host } : {}) })
  try {
    await promise
  } catch (cause) {
    const where = 'path' in address ? `unix ${address.path}` : `tcp ${address.host}:${address.port}`
    const reason =
      (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
        ? 'address already in use'
        : (cause as Error).message
    throw new AppError('ERR_LISTEN', `listen ${where}: bind: ${reason} (see --${flag})`, { cause })
  } finally {
    server.removeListener('error', reject)
    server.removeListener('listening', resolve)
  }
}

/** The socket is for its owner and group only: whoever can open it can dial. */
function listenOnSocketFile(server: Server, path: string): void {
  const umask = process.umask(0o007)
  try {
    server.listen(path)
  } finally {
    process.umask(umask)
  }
}

export function removeSocketFile(path: string): void {
  rmSync(path, { force: true })
}
