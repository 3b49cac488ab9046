/**
 * Gives a process the view of the network that its Pod has: loaded by `node --import` before the program itself. Localhost and
 * the wildcard mean the Pod's address, names of Services and Pods resolve, and the host has the Pod's name. Everything else goes
 * where it goes.
 *
 * It stands alone: it is a part of other programs, and imports nothing but Node.
 */
import dns from 'node:dns'
import { readFileSync, statSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import { promisify } from 'node:util'

interface Address {
  readonly address: string
  readonly family: number
}

/** The cluster's names, as the runtime writes them for all Pods. Keys are without `.svc.<domain>`. */
interface NameTable {
  readonly domain: string
  readonly addresses: ReadonlyMap<string, readonly string[]>
  readonly aliases: ReadonlyMap<string, string>
  /** Where an `address:port` is in truth. */
  readonly ports: ReadonlyMap<string, number>
}

type LookupCallback = (error: Error | null, address?: string | Address[], family?: number) => void
type LookupOptions = { all?: boolean; family?: number | string; [option: string]: unknown }
type Lookup = (name: string, options: LookupOptions, callback: LookupCallback) => void
type ConnectOptions = {
  host?: string
  port?: number | string
  path?: string
  lookup?: Lookup
  localAddress?: string
  [option: string]: unknown
}
type ListenOptions = {
  host?: string
  port?: unknown
  path?: unknown
  fd?: unknown
  [option: string]: unknown
}

const { env } = process
const podAddress = env.CLUSTER_PROXY_POD_IP ?? ''
const namespace = env.CLUSTER_PROXY_POD_NAMESPACE ?? 'default'
const hostsFile = env.CLUSTER_PROXY_POD_HOSTS
const namesFile = env.CLUSTER_PROXY_POD_NAMES

/** As in a Pod's resolv.conf: names with fewer dots are tried in the search path first. */
const NDOTS = 5
/** An alias may name another one, but not for ever. */
const MOST_ALIASES = 8

const EMPTY_TABLE: NameTable = {
  domain: 'cluster.local',
  addresses: new Map(),
  aliases: new Map(),
  ports: new Map(),
}

/** What a file says, read again once it is another file or has another time. What cannot be read says what it said before. */
function following<T>(file: string | undefined, parse: (text: string) => T, nothing: T): () => T {
  let known = nothing
  let version = ''
  return () => {
    if (!file) return known
    try {
      const { ino, mtimeMs, size } = statSync(file)
      const current = `${ino} ${mtimeMs} ${size}`
      if (current === version) return known
      known = parse(readFileSync(file, 'utf8'))
      version = current
    } catch {
      // it will be there the next time, or never was
    }
    return known
  }
}

const hosts = following(hostsFile, parseHosts, new Map<string, string[]>())
const names = following(namesFile, parseNames, EMPTY_TABLE)

function parseHosts(text: string): Map<string, string[]> {
  const addresses = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address, ...named] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (!address || net.isIP(address) === 0) continue
    for (const name of named) {
      const key = name.toLowerCase()
      addresses.set(key, [...(addresses.get(key) ?? []), address])
    }
  }
  return addresses
}

function parseNames(text: string): NameTable {
  const { domain, addresses, aliases, ports } = JSON.parse(text)
  return {
    domain,
    addresses: new Map(Object.entries(addresses)),
    aliases: new Map(Object.entries(aliases)),
    ports: new Map(Object.entries(ports)),
  }
}

type Resolution = { readonly addresses: readonly string[] } | { readonly ask: string } | 'unknown'

/** What a name means here: addresses, a name to ask the machine for, or nothing that could be known elsewhere. */
function resolve(name: string): Resolution {
  const table = names()
  let wanted = name.toLowerCase()
  let isAlias = false
  for (let hops = 0; hops < MOST_ALIASES; hops += 1) {
    const found = find(wanted, table)
    if (!found) break
    if ('addresses' in found) return found
    wanted = found.alias.toLowerCase()
    isAlias = true
  }
  const absolute = wanted.replace(/\.$/, '')
  if (absolute === table.domain || absolute.endsWith(`.${table.domain}`)) return 'unknown'
  return { ask: isAlias ? absolute : name }
}

function find(
  name: string,
  { domain, addresses, aliases }: NameTable,
): { addresses: readonly string[] } | { alias: string } | undefined {
  const local = hosts().get(name.replace(/\.$/, ''))
  if (local) return { addresses: local }
  for (const candidate of candidatesOf(name, domain)) {
    const suffix = `.svc.${domain}`
    if (!candidate.endsWith(suffix)) continue
    const key = candidate.slice(0, -suffix.length)
    const found = addresses.get(key)
    if (found) return { addresses: shuffled(found) }
    const alias = aliases.get(key)
    if (alias !== undefined) return { alias: `${alias}.` } // it is whole, and is not searched for
  }
  return undefined
}

/** The names that a resolver would ask for, in its order. */
function candidatesOf(name: string, domain: string): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const searched = [`${namespace}.svc.${domain}`, `svc.${domain}`, domain].map(
    (suffix) => `${name}.${suffix}`,
  )
  return name.split('.').length - 1 < NDOTS ? [...searched, name] : [name, ...searched]
}

/** So that all of several addresses are used. */
function shuffled(addresses: readonly string[]): readonly string[] {
  if (addresses.length < 2) return addresses
  const start = Math.floor(Math.random() * addresses.length)
  return [...addresses.slice(start), ...addresses.slice(0, start)]
}

/** Whether an address, or a name, means whoever uses it. */
function isOwn(host: string): boolean {
  return /^(localhost\.?|127\.0\.0\.1|::1|::ffff:127\.0\.0\.1|0:0:0:0:0:0:0:1)$/i.test(host)
}

/** Whether an address to listen at stands for all of them. */
function isWildcard(host: string): boolean {
  return /^(0|0\.0\.0\.0|::|::0|0:0:0:0:0:0:0:0|::ffff:0\.0\.0\.0)?$/i.test(host)
}

/** Where an address leads from here. */
function mapped(address: string): string {
  return podAddress !== '' && (isOwn(address) || isWildcard(address)) ? podAddress : address
}

function notFound(name: string): Error {
  const error = new Error(`getaddrinfo ENOTFOUND ${name}`)
  return Object.assign(error, { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: name })
}

function wantedFamily(options: LookupOptions): number {
  const { family = 0 } = options
  if (family === 'IPv4') return 4
  return family === 'IPv6' ? 6 : Number(family)
}

/** Answers a lookup with addresses, those of the wanted family. */
function answer(
  name: string,
  addresses: readonly string[],
  options: LookupOptions,
  callback: LookupCallback,
): void {
  const family = wantedFamily(options)
  const all = addresses
    .map((address) => ({ address, family: net.isIP(address) }))
    .filter((found) => family === 0 || found.family === family)
  const [first] = all
  process.nextTick(() => {
    if (!first) callback(notFound(name))
    else if (options.all) callback(null, all)
    else callback(null, first.address, first.family)
  })
}

const originalLookup = dns.lookup as unknown as Lookup

function lookup(
  name: string,
  given: LookupOptions | number | LookupCallback | null,
  last?: LookupCallback,
): void {
  const callback = (typeof given === 'function' ? given : last) as LookupCallback
  const options: LookupOptions =
    typeof given === 'number' ? { family: given } : typeof given === 'function' || !given ? {} : given
  if (typeof name !== 'string' || name === '' || net.isIP(name) !== 0 || typeof callback !== 'function')
    originalLookup(name, options, callback)
  else lookupHere(name, options, callback)
}

function lookupHere(name: string, options: LookupOptions, callback: LookupCallback): void {
  const resolution = resolve(name)
  if (resolution === 'unknown') answer(name, [], options, callback)
  else if ('addresses' in resolution) answer(name, resolution.addresses, options, callback)
  else originalLookup(resolution.ask, options, callback)
}

async function lookupPromise(name: string, given?: LookupOptions | number): Promise<unknown> {
  return new Promise((done, fail) => {
    const options = typeof given === 'number' ? { family: given } : { ...given }
    lookup(name, options, (error, address, family) => {
      if (error) fail(error)
      else done(options.all ? address : { address, family })
    })
  })
}

/** A lookup whose answers lead to where they lead from here. */
function mappedLookup(inner: Lookup): Lookup {
  return (name, options, callback) =>
    inner(name, options, (error, address, family) => {
      if (error || address === undefined) callback(error, address, family)
      else if (typeof address === 'string') {
        const target = mapped(address)
        callback(null, target, target === address ? family : 4)
      } else callback(null, mappedAll(address))
    })
}

/** `::1` and `127.0.0.1` are one and the same here. */
function mappedAll(addresses: Address[]): Address[] {
  const targets = new Map<string, Address>()
  for (const found of addresses) {
    const address = mapped(found.address)
    targets.set(address, address === found.address ? found : { address, family: 4 })
  }
  return [...targets.values()]
}

function isOfTheMachine(address: string): boolean {
  return address.startsWith('127.')
}

/** A connection's options, with where it goes from here; the caller's own are left as they are. */
function dialled(options: ConnectOptions): ConnectOptions {
  const { host = 'localhost', port } = options
  const changed: ConnectOptions = { ...options, host }
  let target: string | undefined
  if (net.isIP(host) !== 0) {
    target = mapped(host)
    changed.host = target
    if (target !== host && changed.family === 6) delete changed.family
  } else {
    changed.lookup = mappedLookup(options.lookup ?? (lookup as Lookup))
    const resolution = options.lookup ? 'unknown' : isOwn(host) ? { addresses: ['127.0.0.1'] } : resolve(host)
    if (resolution !== 'unknown' && 'addresses' in resolution) {
      const { addresses } = resolution
      if (isOwn(host)) delete changed.family // localhost has both
      target = mapped(addresses[0] ?? '')
      changed.lookup = mappedLookup((name, wanted, callback) => answer(name, addresses, wanted, callback))
    }
  }
  if (target === undefined) return changed
  const elsewhere = names().ports.get(`${target}:${port}`)
  if (elsewhere !== undefined) changed.port = elsewhere
  if (podAddress !== '' && isOfTheMachine(target) && !options.localAddress) changed.localAddress = podAddress
  return changed
}

/** What may stand before the callback: options, or a port and a host, or a path. Node's own calls give both in one array. */
function connectOptions(args: unknown[]): { options: ConnectOptions; rest: unknown[] } | undefined {
  if (Array.isArray(args[0])) return connectOptions([...args[0], ...args.slice(1)])
  const [first, second] = args
  const callback = args.findLast((arg) => typeof arg === 'function')
  const rest = callback ? [callback] : []
  if (typeof first === 'object' && first !== null) return { options: first as ConnectOptions, rest }
  if (typeof first !== 'number' && !isPortText(first)) return undefined
  return { options: { port: Number(first), ...(typeof second === 'string' && { host: second }) }, rest }
}

function isPortText(text: unknown): boolean {
  return typeof text === 'string' && /^\s*\d+\s*$/.test(text)
}

const originalConnect = net.Socket.prototype.connect as (...args: unknown[]) => net.Socket

function connect(this: net.Socket, ...args: unknown[]): net.Socket {
  const given = connectOptions(args)
  if (!given || given.options.path) return originalConnect.apply(this, args)
  return originalConnect.call(this, dialled(given.options), ...given.rest)
}

const originalListen = net.Server.prototype.listen as (...args: unknown[]) => net.Server

function listen(this: net.Server, ...args: unknown[]): net.Server {
  const [first, ...others] = args
  const callback = args.findLast((arg) => typeof arg === 'function')
  const rest = callback ? [callback] : []
  if (typeof first === 'object' && first !== null) {
    const options = first as ListenOptions
    const isPort = 'port' in options && !options.path && options.fd === undefined
    return isPort ? originalListen.call(this, listened(options), ...rest) : originalListen.apply(this, args)
  }
  if (typeof first === 'string' && !isPortText(first)) return originalListen.apply(this, args)
  const host = others.find((arg) => typeof arg === 'string')
  const backlog = others.find((arg) => typeof arg === 'number')
  const port = typeof first === 'number' || typeof first === 'string' ? first : 0
  const options = { port, ...(host !== undefined && { host }), ...(backlog !== undefined && { backlog }) }
  return originalListen.call(this, listened(options), ...rest)
}

function listened(options: ListenOptions): ListenOptions {
  const { host = '' } = options
  if (typeof host !== 'string' || !(isOwn(host) || isWildcard(host))) return options
  return { ...options, host: podAddress, ipv6Only: false }
}

/** Names that are asked for as DNS has them, whole. */
function withResolve4(original: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  return function (this: unknown, name: unknown, ...rest: unknown[]) {
    const callback = rest.at(-1)
    const resolution = typeof name === 'string' ? resolve(`${name.replace(/\.$/, '')}.`) : 'unknown'
    if (typeof callback !== 'function' || resolution === 'unknown' || !('addresses' in resolution))
      return original.call(this, name, ...rest)
    process.nextTick(callback, null, resolution.addresses)
    return undefined
  }
}

dns.lookup = Object.assign(lookup, { [promisify.custom]: lookupPromise }) as unknown as typeof dns.lookup
dns.promises.lookup = lookupPromise as typeof dns.promises.lookup
dns.resolve4 = withResolve4(dns.resolve4 as (...args: unknown[]) => unknown) as typeof dns.resolve4
net.Socket.prototype.connect = connect as typeof net.Socket.prototype.connect
if (podAddress !== '') {
  net.Server.prototype.listen = listen as typeof net.Server.prototype.listen
  const name = env.HOSTNAME
  if (name) os.hostname = () => name
}
syncBuiltinESMExports()
