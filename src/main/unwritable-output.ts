let program = 'cluster-proxy'
let told = false

/**
 * Whoever reads our output may go away (`| head`), and its disk may be full. Neither is a reason to end connections: the
 * first is nobody's mistake, of the second there is one word on stderr. An entry point calls it once, before it writes.
 *
 * @param name whose word it is
 */
export function surviveUnwritableOutput(name = program): void {
  program = name
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = 1
    tellOfUnwritableOutput(error)
  })
  process.stderr.on('error', () => {}) // there is nowhere left to tell
}

/** The one word on stderr, for whoever writes to stdout by other means. */
export function tellOfUnwritableOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || told) return
  told = true
  process.stderr.write(`${program}: cannot write to stdout: ${error.message}\n`)
}
