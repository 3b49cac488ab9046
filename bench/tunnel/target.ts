import net, { type Socket } from 'node:net'

/**
 * What the connections of the benchmark end at. The first nine bytes say what is wanted: a letter and a 64-bit count.
 * `E` echoes, `D` sends so many bytes, `U` reads so many bytes and then answers with one.
 */
const HEAD_BYTES = 9
const BLOCK = Buffer.alloc(64 * 1024, 'x')

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  let head = Buffer.alloc(0)
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk])
    if (head.length < HEAD_BYTES) return
    socket.removeListener('data', onData)
    socket.pause()
    if (head.length > HEAD_BYTES) socket.unshift(head.subarray(HEAD_BYTES))
    serve(socket, String.fromCharCode(head[0] as number), Number(head.readBigUInt64BE(1)))
  }
  socket.on('data', onData)
})

function serve(socket: Socket, wish: string, count: number): void {
  if (wish === 'E') {
    socket.pipe(socket)
  } else if (wish === 'D') {
    send(socket, count)
    socket.resume()
  } else {
    let read = 0
    socket.on('data', (chunk: Buffer) => {
      read += chunk.length
      if (read >= count) socket.write('.')
    })
    socket.resume()
  }
}

function send(socket: Socket, count: number): void {
  let left = count
  while (left > 0) {
    const block = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left)
    left -= block.length
    if (!socket.write(block)) {
      socket.once('drain', () => send(socket, left))
      return
    }
  }
}

server.listen(Number(process.argv[2]), '127.0.0.1', 4096, () => process.stdout.write('ready\n'))
process.once('disconnect', () => process.exit()) // the benchmark is gone, however it went
