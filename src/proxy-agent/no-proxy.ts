import { BlockList, isIP } from 'node:net'

/** Where a connection is going, as it was asked for. */
export interface Destination {
  /** A name or an IP, without brackets. */
  readonly host: string
  readonly port: number
}

/**
 * Whether `noProxy`, the value of NO_PROXY, lists `destination`: `*`, IPs, CIDRs, host names that also stand for all names
 * below them, and with a dot in front only for those; names and IPs optionally with a port. Loopback is never proxied, as
 * in Go.
 */
export function bypassesProxy({ host, port }: Destination, noProxy: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost' || isLoopback(name)) return true
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(entry, name, port))
}

function matches(entry: string, name: string, port: number): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return isInSubnet(name, entry)
  const { host, port: onlyPort } = splitPort(entry)
  if (onlyPort !== undefined && onlyPort !== String(port)) return false
  if (isIP(host) > 0) return isIP(name) > 0 && isInSubnet(name, `${host}/${isIP(host) === 4 ? 32 : 128}`)
  if (isIP(name) > 0) return false
  const suffix = host.replace(/^\*\./, '.')
  return suffix.startsWith('.') ? name.endsWith(suffix) : name === suffix || name.endsWith(`.${suffix}`)
}

function splitPort(entry: string): { host: string; port: string | undefined } {
  if (isIP(entry) === 6) return { host: entry, port: undefined }
  const [, bracketed, bare, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]+))?$/.exec(entry) ?? []
  return { host: bracketed ?? bare ?? entry, port }
}

function isInSubnet(ip: string, cidr: string): boolean {
  const [network = '', bits = ''] = cidr.split('/', 2)
  const family = isIP(network)
  const most = family === 4 ? 32 : 128
  if (family === 0 || isIP(ip) !== family || !/^[0-9]{1,3}$/.test(bits) || Number(bits) > most) return false
  const subnet = new BlockList()
  const type = family === 4 ? 'ipv4' : 'ipv6'
  subnet.addSubnet(network, Number(bits), type)
  return subnet.check(ip, type)
}

function isLoopback(name: string): boolean {
  return isInSubnet(name, '127.0.0.0/8') || isInSubnet(name, '::1/128')
}
