import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { AppError, ConfigError } from '../../common/errors.ts'
import type { CredentialsTask } from './credentials-process.ts'
import type { MakeCredentialsOptions } from './make-credentials.ts'

/**
 * As `makeCredentials`, in a process of its own: what makes certificates is large, and needed once a year. A thread would not do,
 * whose memory is not given back when it ends. Keys go through the directory's private files alone.
 */
export async function makeCredentialsAside(
  directory: string,
  options: MakeCredentialsOptions,
): Promise<void> {
  const extension = path.extname(fileURLToPath(import.meta.url)) // .ts in a checkout, .js when built
  const program = fileURLToPath(new URL(`./credentials-process${extension}`, import.meta.url))
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {}) // it ended early, which its status says
  const task: CredentialsTask = { directory, options }
  child.stdin.end(JSON.stringify(task))
  const [problem, trace, [status, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ])
  if (problem !== '') throw new ConfigError(problem)
  if (status !== 0) {
    const end = signal ?? `status ${status}`
    throw new AppError('ERR_CREDENTIALS', `making credentials ended with ${end}`, { cause: new Error(trace) })
  }
}
