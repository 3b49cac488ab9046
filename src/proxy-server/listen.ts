import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Server } from 'node:net'
import { dirname } from 'node:path'
import { errorMessage } from '../common/errors.ts'
import { type ListenAddress, ListenError, listen } from '../common/listen.ts'

/** Where frontends connect: a port, or a unix socket. */
export type FrontendAddress = ListenAddress | { readonly path: string }

/** Starts listening, and resolves once connections are accepted. Rejects with a ListenError. */
export async function listenForFrontends(server: Server, address: FrontendAddress): Promise<void> {
  if ('path' in address) await listenOnSocketFile(server, address.path)
  else await listen(server, address)
}

/** The socket is for its owner and group only: whoever can open it can dial. */
async function listenOnSocketFile(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening')
  const umask = process.umask(0o007)
  try {
    server.listen(path)
  } finally {
    process.umask(umask)
  }
  try {
    await listening
  } catch (cause) {
    // libuv says EACCES where the folder is missing.
    const reason = existsSync(dirname(path)) ? errorMessage(cause) : 'bind: no such file or directory'
    throw new ListenError(`listen unix ${path}: ${reason} (set by --uds-name)`, { cause })
  }
}
