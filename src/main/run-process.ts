import { type ConfigIo, systemConfigIo } from '../common/config-io.ts'
import { ConfigError, errorMessage } from '../common/errors.ts'
import { helpText } from '../common/flag-help.ts'
import type { CommandSpec } from '../common/flags.ts'
import type { LogLevel } from '../common/klog-flags.ts'
import type { Logger } from '../common/log.ts'
import { createLogger, type ProcessLogger } from '../common/logger.ts'
import { requestedText } from '../common/parse-flags.ts'
import { tellOfUnwritableOutput } from './unwritable-output.ts'
import { versionText } from './version.ts'

const EXIT_OK = 0
const EXIT_FAILED = 1

/** What every process's configuration has. */
export interface ProcessConfig {
  readonly logLevel: LogLevel
  readonly warnings: readonly string[]
}

export interface RunContext {
  readonly log: Logger
  /** Aborted by the first signal to end: time to stop in order. */
  readonly signal: AbortSignal
}

/** One process of the multi-call executable: how it is configured and what it does. */
export interface ProcessDefinition<Config extends ProcessConfig = ProcessConfig> {
  readonly spec: CommandSpec
  /** For people at a terminal: a failure is told in words on stderr, not as a line of log. @default false */
  readonly interactive?: boolean
  parse(argv: readonly string[], env: NodeJS.ProcessEnv, io: ConfigIo): Config
  /** Runs until `signal` is aborted and all is stopped. Rejecting ends the process with status 1. */
  run(config: Config, context: RunContext): Promise<void>
}

/** The whole life of a process, from its command line to its exit status. */
export async function runProcess<Config extends ProcessConfig>(
  definition: ProcessDefinition<Config>,
  argv: readonly string[],
): Promise<void> {
  const { spec } = definition
  const config = configure(definition, argv)
  if (config === undefined) return

  const log = createLogger({
    level: config.logLevel,
    name: spec.name,
    onUnwritable: tellOfUnwritableOutput,
  })
  failOnUnexpectedErrors(log)
  for (const warning of config.warnings) log.warn(warning)
  log.info({ version: versionText(), config }, 'starting')
  try {
    await definition.run(config, { log, signal: stopSignal(definition, log) })
    log.info('stopped')
    await exit(EXIT_OK, log)
  } catch (err) {
    if (definition.interactive) process.stderr.write(`cluster-proxy ${spec.name}: ${errorMessage(err)}\n`)
    log[definition.interactive ? 'debug' : 'error']({ err }, 'failed')
    await exit(EXIT_FAILED, log)
  }
}

/** Undefined when there is nothing to run; then the exit status is set, and everything has been said. */
function configure<Config extends ProcessConfig>(
  { spec, parse }: ProcessDefinition<Config>,
  argv: readonly string[],
): Config | undefined {
  try {
    const text = requestedText(spec, argv)
    if (text === undefined) return parse(argv, process.env, systemConfigIo)
    process.stdout.write(`${text === 'help' ? helpText(spec, process.stdout.columns) : versionText()}\n`)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`cluster-proxy ${spec.name}: ${error.message}\n`)
    process.stderr.write(`Run "cluster-proxy ${spec.name} --help" for all flags.\n`)
    process.exitCode = EXIT_FAILED
  }
  return undefined
}

/** The first signal asks to stop in order, the second does not ask. */
function stopSignal(
  { interactive }: Pick<ProcessDefinition, 'interactive'>,
  log: ProcessLogger,
): AbortSignal {
  const stop = new AbortController()
  const onSignal = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      log.warn({ signal: name }, 'second signal, exiting at once')
      void exit(EXIT_FAILED, log)
      return
    }
    log.info({ signal: name }, 'stopping')
    stop.abort()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  if (interactive) process.on('SIGHUP', onSignal) // its terminal was closed
  stopWithParent(stop, log)
  return stop.signal
}

/** Whoever started us with an IPC channel wants us to end with it, however it ends. */
function stopWithParent(stop: AbortController, log: Logger): void {
  const onGone = () => {
    log.info('the parent process is gone, stopping')
    stop.abort()
  }
  // It may have gone while our modules were being loaded. Undefined is for a parent that gave us no channel.
  if (process.connected === false) onGone()
  else process.once('disconnect', onGone)
  process.channel?.unref() // a listener keeps the process alive, which is not what it is for
}

/** A bug ends the process, with one line in the log instead of a stack trace on the terminal. */
function failOnUnexpectedErrors(log: ProcessLogger): void {
  process.on('uncaughtException', (err) => {
    log.error({ err }, 'unexpected error, exiting')
    void exit(EXIT_FAILED, log)
  })
}

async function exit(status: number, log: ProcessLogger): Promise<void> {
  await log.flush()
  process.exit(status)
}
