import https from 'node:https'
import net from 'node:net'
import { AppError, errorMessage } from '../common/errors.ts'
import { joinHostPort } from '../common/listen.ts'
import { http } from '../common/node-http.ts'
import { bypassesProxy, type Destination } from './no-proxy.ts'

type Env = Readonly<Record<string, string | undefined>>

/** What stands in HTTPS_PROXY when no scheme does. */
const DEFAULT_SCHEME = 'http://'

/**
 * The proxy that the environment names for `destination`, or undefined for a direct connection. Throws an AppError for a
 * proxy that cannot be used; its text never holds the credentials.
 */
export function proxyFor(destination: Destination, env: Env): URL | undefined {
  const text = (env.HTTPS_PROXY || env.https_proxy || '').trim()
  if (text === '' || bypassesProxy(destination, env.NO_PROXY || env.no_proxy || '')) return undefined
  const proxy = URL.parse(text.includes('://') ? text : DEFAULT_SCHEME + text)
  if (!proxy) throw new AppError('ERR_PROXY', 'HTTPS_PROXY is no URL')
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    throw new AppError(
      'ERR_PROXY',
      `HTTPS_PROXY has the unsupported scheme ${JSON.stringify(proxy.protocol)}`,
    )
  }
  return proxy
}

export interface ThroughProxyOptions {
  /** May carry credentials, for basic authentication. */
  readonly proxy: URL
  readonly destination: Destination
  readonly signal: AbortSignal
  /** CAs for the certificate of an https:// proxy. @default the system's */
  readonly proxyCa?: string | Buffer | undefined
}

/**
 * Opens a connection to `destination` with the CONNECT method of an HTTP proxy. The proxy resolves the name.
 *
 * @throws AppError `ERR_PROXY` that names the proxy without its credentials, or the reason of `signal`
 */
export async function connectThroughProxy(options: ThroughProxyOptions): Promise<net.Socket> {
  const { proxy, destination, signal } = options
  signal.throwIfAborted()
  try {
    return await requestTunnel(options)
  } catch (cause) {
    signal.throwIfAborted()
    const target = joinHostPort(destination.host, destination.port)
    throw new AppError(
      'ERR_PROXY',
      `connect to ${target} through proxy ${proxy.host}: ${errorMessage(cause)}`,
      {
        cause,
      },
    )
  }
}

function requestTunnel({ proxy, destination, signal, proxyCa }: ThroughProxyOptions): Promise<net.Socket> {
  const authority = joinHostPort(destination.host, destination.port)
  const { promise, resolve, reject } = Promise.withResolvers<net.Socket>()
  const host = proxy.hostname.replace(/^\[(.*)\]$/, '$1')
  const servername = net.isIP(host) > 0 ? '' : host // else Node takes the name from the Host header
  const options = {
    host,
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...authorization(proxy) },
    agent: false,
  } as const
  const request =
    proxy.protocol === 'https:'
      ? https.request({ ...options, servername, ...(proxyCa ? { ca: proxyCa } : {}) })
      : http.request(options)
  request.once('error', reject)
  request.once('response', (response) => {
    response.resume()
    reject(new Error(`the proxy answered ${response.statusCode}`))
    request.destroy()
  })
  request.once('connect', (response, socket, head) => {
    socket.on('error', () => {}) // until its new owner listens
    if (response.statusCode !== 200) {
      socket.destroy()
      reject(new Error(`the proxy answered ${response.statusCode} ${response.statusMessage ?? ''}`.trim()))
      return
    }
    if (head.length > 0) socket.unshift(head) // belongs to the tunnel already
    resolve(socket as net.Socket)
  })
  request.end()
  // Not http.request's own `signal`: it would also end the tunnel, which outlives the time for connecting.
  const onAbort = () => request.destroy(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  return promise.finally(() => signal.removeEventListener('abort', onAbort))
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
}
