import type { RequestListener } from 'node:http'
import { http } from '../common/node-http.ts'

/**
 * Stands for an image of a web server: answers each GET with a page of welcome. A program of its own; its arguments are the ports.
 */
const DEFAULT_PORTS = ['80']

const PAGE = `<!DOCTYPE html>
<html>
<head><title>Welcome</title></head>
<body>
<h1>Welcome</h1>
<p>This page comes from a small web server, which stands for a web server's image in this local cluster.</p>
</body>
</html>
`

const answer: RequestListener = (request, response) => {
  process.stdout.write(`${request.socket.remoteAddress} ${request.method} ${JSON.stringify(request.url)}\n`)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  response.writeHead(isRead ? 200 : 405, { 'content-type': 'text/html', server: 'cluster-proxy' })
  response.end(request.method === 'GET' ? PAGE : undefined)
}

function serve(port: number): void {
  const server = http.createServer(answer)
  server.on('error', (error) => {
    process.stderr.write(`cannot listen on port ${port}: ${error.message}\n`)
    process.exit(1)
  })
  server.listen(port)
  for (const signal of ['SIGTERM', 'SIGQUIT', 'SIGINT'] as const) {
    process.once(signal, () => {
      server.close()
      server.closeAllConnections()
    })
  }
}

const ports = process.argv.slice(2)
for (const port of ports.length > 0 ? ports : DEFAULT_PORTS) serve(Number(port))
