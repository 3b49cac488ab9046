import { isIPv6 } from 'node:net'

/** A TCP endpoint by name or IP address; an IPv6 address stands without brackets. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Reads `host:port` or `[v6]:port`; undefined when it is neither. */
export function splitHostPort(address: string): HostPort | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\s[\]]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(address) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  return host !== undefined && port <= 65_535 ? { host, port } : undefined
}

/** The inverse of `splitHostPort`: an IPv6 address gets its brackets. */
export function joinHostPort(host: string, port: number | string): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}
