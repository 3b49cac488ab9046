// A process for run-process.test.ts: its first argument says how it behaves.
import { once } from 'node:events'
import { aborted } from '../../src/common/aborted.ts'
import { AppError, ConfigError } from '../../src/common/errors.ts'
import { type KLOG_FLAGS, KLOG_GROUP, logLevelOf } from '../../src/common/klog-flags.ts'
import { parseFlags } from '../../src/common/parse-flags.ts'
import { type RunContext, runProcess } from '../../src/main/run-process.ts'
import { surviveUnwritableOutput } from '../../src/main/unwritable-output.ts'

const spec = { name: 'scripted', description: 'For tests.', groups: [KLOG_GROUP] }
const [behaviour = '', ...argv] = process.argv.slice(2)

const behaviours: Readonly<Record<string, (context: RunContext) => Promise<void>>> = {
  'stop when told': async ({ log, signal }) => {
    log.info('ready')
    await aborted(signal)
  },
  'never stop': async ({ log }) => {
    log.info('ready')
    await new Promise(() => {})
  },
  fail: async () => {
    throw new AppError('ERR_LISTEN', 'the port is taken')
  },
  'find a bad file': async () => {
    throw new ConfigError('no certificate in tls.crt')
  },
  'have a bug': async () => {
    setImmediate(() => {
      throw new TypeError('x is undefined')
    })
    await new Promise(() => {})
  },
  'reject unseen': async () => {
    void Promise.reject(new TypeError('y is undefined'))
    await new Promise(() => {})
  },
  'lose its reader': async ({ log, signal }) => {
    let failures = 0
    const chatter = setInterval(() => {
      log.info('chatter')
      process.stdout.write('more\n', (error) => {
        if (error && ++failures === 20) process.stderr.write('still here\n')
      })
    }, 1)
    await once(signal, 'abort')
    clearInterval(chatter)
  },
}

surviveUnwritableOutput()
const keepAlive = setInterval(() => {}, 1000)
await runProcess(
  {
    spec,
    parse: (args, env, io) => {
      const { values } = parseFlags<typeof KLOG_FLAGS>(spec, args, env, io)
      return { logLevel: logLevelOf(values.v), warnings: ['mind this'] }
    },
    run: async (_config, context) => behaviours[behaviour]?.(context),
  },
  argv,
)
clearInterval(keepAlive)
