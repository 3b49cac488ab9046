import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { LIFELINE_FD, type SpawnAnswer, type SpawnRequest } from './spawn-messages.ts'

/**
 * A process of its own that starts others: to start one, the system copies the page tables of the process that does so, whose threads
 * wait meanwhile. Here these are few. It imports little for that reason, and ends when nobody asks it any more.
 */

process.on('message', (request: SpawnRequest) => {
  const { id } = request
  const fail = (error: Error) => tell({ id, error: error.message })
  try {
    const child = start(request)
    child.once('error', fail)
    child.once('spawn', () => tell({ id, pid: child.pid as number })) // which it has since then
    child.once('exit', (code, signal) => tell({ id, exit: { code, signal } }))
  } catch (error) {
    fail(error as Error)
  }
})

process.once('disconnect', () => process.exit())

function start({ command: [program = '', ...args], cwd, env, paths }: SpawnRequest): ChildProcess {
  const [stdin, stdout, stderr] = paths
  const ends: number[] = []
  const opened = (path: string, flags: number) => {
    const end = openEnd(path, flags)
    ends.push(end)
    return end
  }
  try {
    const stdio = [
      stdin === null ? ('ignore' as const) : opened(stdin, constants.O_RDONLY),
      opened(stdout, constants.O_WRONLY),
      opened(stderr, constants.O_WRONLY),
      LIFELINE_FD,
    ]
    return spawn(program, args, { cwd, env, detached: true, stdio })
  } finally {
    for (const end of ends) closeSync(end)
  }
}

/** To open one end of a pipe waits for the other, which its owner may have closed by now. */
function openEnd(path: string, flags: number): number {
  const both = openSync(path, constants.O_RDWR)
  try {
    return openSync(path, flags)
  } finally {
    closeSync(both)
  }
}

function tell(answer: SpawnAnswer): void {
  process.send?.(answer, undefined, undefined, () => {}) // nobody may be there any more
}
