/** A target, as a DIAL_REQ names it. */
export interface DialAddress {
  /** A name or an IP, without brackets. */
  readonly host: string
  readonly port: number
}

/** The address of a DIAL_REQ makes no sense. The message is Go's, without its `dial tcp: `. */
export class DialAddressError extends Error {}

const LAST_PORT = 65535

/** Splits `host:port` the way Go's net.Dial does. An empty host is this machine. */
export function parseDialAddress(text: string): DialAddress {
  const { host, port } = splitHostPort(text)
  if (port !== '' && !/^[+-]?[0-9]+$/.test(port)) {
    throw new DialAddressError(`lookup tcp/${port}: unknown port`)
  }
  const number = Number(port)
  if (number < 0 || number > LAST_PORT) throw new DialAddressError(`address ${port}: invalid port`)
  return { host: host === '' ? 'localhost' : host, port: number }
}

function splitHostPort(text: string): { host: string; port: string } {
  const fail = (reason: string) => new DialAddressError(`address ${text}: ${reason}`)
  const lastColon = text.lastIndexOf(':')
  if (lastColon < 0) throw fail('missing port in address')
  let host = text.slice(0, lastColon)
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    if (end < 0) throw fail("missing ']' in address")
    if (end + 1 === text.length) throw fail('missing port in address')
    if (end + 1 !== lastColon) {
      throw fail(text[end + 1] === ':' ? 'too many colons in address' : 'missing port in address')
    }
    host = text.slice(1, end)
  } else if (host.includes(':')) {
    throw fail('too many colons in address')
  }
  const unbracketed = text.startsWith('[') ? host + text.slice(lastColon) : text
  if (unbracketed.includes('[')) throw fail("unexpected '[' in address")
  if (unbracketed.includes(']')) throw fail("unexpected ']' in address")
  return { host, port: text.slice(lastColon + 1) }
}
