/**
 * Whoever reads our output may go away (`| head`), and its disk may be full. Neither is a reason to end connections: the
 * first is nobody's mistake, of the second there is one word on stderr. An entry point calls it once, before it writes.
 */
export function surviveUnwritableOutput(): void {
  let told = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || told) return
    told = true
    process.exitCode = 1
    process.stderr.write(`cluster-proxy: cannot write to stdout: ${error.message}\n`)
  })
  process.stderr.on('error', () => {}) // there is nowhere left to tell
}
