import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('scripted-process.ts', import.meta.url))

/** Modules that take their time to load: until the parent has gone. */
const LATE = `data:text/javascript,${encodeURIComponent("import { once } from 'node:events'; if (process.connected) await once(process, 'disconnect')")}`

type Child = ChildProcessByStdio<null, Readable, Readable>

function start(behaviour: string, ...argv: string[]): Child {
  return spawn(process.execPath, [SCRIPT, behaviour, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs to the end; sends one more signal each time that a log line has the next of `signalsAt` as its message. */
async function run(child: Child, signalsAt: readonly string[] = []) {
  const waiting = [...signalsAt]
  const log: { msg: string; level: number; err?: { message: string } }[] = []
  createInterface(child.stdout).on('line', (line) => {
    log.push(JSON.parse(line))
    if (log.at(-1)?.msg !== waiting[0]) return
    waiting.shift()
    child.kill('SIGTERM')
  })
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { status, stderr, log, messages: log.map(({ msg }) => msg) }
}

describe('the life of a process', () => {
  it('ends in order on the first signal', async () => {
    const { status, stderr, messages } = await run(start('stop when told'), ['ready'])
    expect({ status, stderr, messages }).toEqual({
      status: 0,
      stderr: '',
      messages: ['mind this', 'starting', 'ready', 'stopping', 'stopped'],
    })
  })

  it('ends at once on the second signal', async () => {
    const { status, messages } = await run(start('never stop'), ['ready', 'stopping'])
    expect(status).toBe(1)
    expect(messages.at(-1)).toBe('second signal, exiting at once')
  })

  it.each([
    ['fail', 'failed', 'the port is taken'],
    ['have a bug', 'unexpected error, exiting', 'x is undefined'],
    ['reject unseen', 'unexpected error, exiting', 'y is undefined'],
  ])('ends with status 1 and one line of log when it should %s', async (behaviour, msg, message) => {
    const { status, stderr, log } = await run(start(behaviour))
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(log.filter(({ level }) => level >= 50)).toMatchObject([{ msg, err: { message } }])
  })

  it('ends with status 1 when a file turns out to be wrong', async () => {
    const { status, log } = await run(start('find a bad file'))
    expect(status).toBe(1)
    expect(log.at(-1)).toMatchObject({ msg: 'failed', err: { message: 'no certificate in tls.crt' } })
  })

  it('does not begin with flags that are wrong', async () => {
    const { status, stderr, log } = await run(start('fail', '--x'))
    expect({ status, log }).toEqual({ status: 1, log: [] })
    expect(stderr).toBe(
      'cluster-proxy scripted: unknown flag: --x\nRun "cluster-proxy scripted --help" for all flags.\n',
    )
  })

  it('does not mind that nobody reads its output any more', async () => {
    const child = start('lose its reader')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const [words] = await once(child.stderr, 'data')
    expect(String(words)).toBe('still here\n')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  })

  it('lives on when its log cannot be written, and still ends in order', async () => {
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [SCRIPT, 'lose its reader'], { stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    const lines = createInterface(child.stderr as Readable)[Symbol.asyncIterator]()
    expect((await lines.next()).value).toBe(
      'cluster-proxy: cannot write to stdout: ENOSPC: no space left on device, write',
    )
    expect((await lines.next()).value).toBe('still here')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  })

  it('says so when only its log cannot be written', async () => {
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [SCRIPT, 'stop when told'], { stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    const [words] = await once(child.stderr as Readable, 'data')
    expect(String(words)).toBe(
      'cluster-proxy: cannot write to stdout: ENOSPC: no space left on device, write\n',
    )
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  })

  it('stops when its parent went away before it could listen for that', async () => {
    const child = spawn(process.execPath, ['--import', LATE, SCRIPT, 'stop when told'], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    child.disconnect()
    const [log, [status]] = await Promise.all([text(child.stdout as Readable), once(child, 'exit')])
    expect(status).toBe(0)
    expect(log).toContain('the parent process is gone, stopping')
  })
})
