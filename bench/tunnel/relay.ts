import { readFileSync } from 'node:fs'
import net, { type Socket } from 'node:net'
import tls from 'node:tls'

/**
 * One process of the plain two-hop relay that the tunnel is compared with: accepts mTLS connections and passes each on,
 * without multiplexing, over mTLS to the next relay or over TCP to the target. What a tunnel costs beyond this is what it costs.
 *
 * Arguments: listen port, next port, `tls` or `tcp`, and the files of the CA, the certificate and the key.
 */
const [listenPort, nextPort, nextKind, caFile, certFile, keyFile] = process.argv.slice(2) as [
  string,
  string,
  'tls' | 'tcp',
  string,
  string,
  string,
]
const material = { ca: readFileSync(caFile), cert: readFileSync(certFile), key: readFileSync(keyFile) }

const server = tls.createServer(
  { ...material, requestCert: true, rejectUnauthorized: true, noDelay: true },
  (incoming) => {
    const next = connectNext()
    for (const socket of [incoming, next]) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
    }
    incoming.pipe(next).pipe(incoming)
    incoming.on('close', () => next.destroy())
    next.on('close', () => incoming.destroy())
  },
)

function connectNext(): Socket {
  const endpoint = { host: '127.0.0.1', port: Number(nextPort) }
  return nextKind === 'tcp'
    ? net.connect(endpoint)
    : tls.connect({ ...endpoint, ...material, servername: 'localhost' })
}

server.listen(Number(listenPort), '127.0.0.1', 4096, () => process.stdout.write('ready\n'))
process.once('disconnect', () => process.exit()) // the benchmark is gone, however it went
