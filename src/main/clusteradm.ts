import module from 'node:module'
import { surviveUnwritableOutput } from './unwritable-output.ts'

const EXIT_INTERRUPTED = 130

/** The first signal breaks off what is under way, the second does not wait for that. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED)
    stop.abort(new Error('interrupted'))
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return stop.signal
}

surviveUnwritableOutput('clusteradm')
module.enableCompileCache() // before the command line is imported
const { runClusteradm, systemTerminal } = await import('../clusteradm/index.ts')
const status = await runClusteradm(process.argv.slice(2), systemTerminal(stopSignal()))
if (status !== 0) process.exitCode = status // else it may be that of an output that could not be written
