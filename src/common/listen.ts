import { once } from 'node:events'
import type { ListenOptions, Server } from 'node:net'
import { AppError } from './errors.ts'

export interface ListenAddress {
  /** Empty means all addresses. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** The flag that sets the port, for the error message, such as `--admin-port`. */
  readonly flag: string
  /** The flag that sets the host, for the same. */
  readonly hostFlag?: string
}

/** Errors that another port would not cure. */
const HOST_ERRORS: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'])

const GO_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'cannot assign requested address',
}

/** A listener could not be opened. The message is Go's, and names the flag to change. */
export class ListenError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_LISTEN', message, options)
  }
}

/** Starts listening, and resolves once connections are accepted. */
export async function listen(
  server: Server,
  { host, port, flag, hostFlag = flag }: ListenAddress,
): Promise<void> {
  const options: ListenOptions = host === '' ? { port } : { port, host }
  try {
    server.listen(options)
    await once(server, 'listening')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    const reason = Object.hasOwn(GO_ERRORS, code) ? `bind: ${GO_ERRORS[code]}` : message
    const culprit = HOST_ERRORS.has(code) ? hostFlag : flag
    throw new ListenError(`listen tcp ${joinHostPort(host, port)}: ${reason} (set by ${culprit})`, {
      cause: error,
    })
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
