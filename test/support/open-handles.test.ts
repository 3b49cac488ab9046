import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)

/** Without waiting for anything to close. */
const AT_ONCE = 0

/**
 * Runs a script in a Node of its own, since vitest's timers come and go in this one: `report(value)` hands a value
 * back, in order. Ends when nothing is open any more, as a proof that the script closed what it had opened.
 */
async function inPlainNode(script: string): Promise<unknown[]> {
  const prelude = `
    import { spawn } from 'node:child_process'
    import { once } from 'node:events'
    import net from 'node:net'
    import { expectNothingLeftOpen, findLeftOpen, openHandles } from ${JSON.stringify(import.meta.resolve('./open-handles.ts'))}
    const reports = []
    const report = (value) => reports.push(value)
    process.once('exit', () => console.log(JSON.stringify(reports)))
  `
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', `${prelude}\n${script}`])
  return JSON.parse(stdout) as unknown[]
}

describe('the check for open handles', () => {
  it('finds a listening server, a socket and its peer, and is content once they are closed', async () => {
    const [port, open, closed] = await inPlainNode(`
      const before = openHandles()
      const server = net.createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      report(server.address().port)
      const client = net.connect(server.address().port, '127.0.0.1')
      const [[peer]] = await Promise.all([once(server, 'connection'), once(client, 'connect')])
      report(await findLeftOpen(before, ${AT_ONCE}))
      client.destroy()
      peer.destroy()
      server.close()
      report(await findLeftOpen(before))
    `)
    expect(open).toHaveLength(2)
    expect(open).toContainEqual(expect.stringMatching(`^2 x TCP socket: .*127\\.0\\.0\\.1:${port}`))
    expect(open).toContain(`1 x listening TCP server: {"address":"127.0.0.1","family":"IPv4","port":${port}}`)
    expect(closed).toEqual([])
  })

  it('finds a child process by its command line', async () => {
    const [open, closed] = await inPlainNode(`
      const before = openHandles()
      const child = spawn('cat', ['-u'], { stdio: ['pipe', 'ignore', 'ignore'] })
      report(await findLeftOpen(before, ${AT_ONCE}))
      child.stdin.end()
      await once(child, 'exit')
      report(await findLeftOpen(before))
    `)
    expect(open).toContainEqual(expect.stringMatching(/^1 x child process: \d+: cat -u$/))
    expect(closed).toEqual([])
  })

  it('finds timers, except those that were unref-ed or cleared', async () => {
    const [open, closed] = await inPlainNode(`
      const before = openHandles()
      const interval = setInterval(() => {}, 60_000)
      const timeout = setTimeout(() => {}, 60_000)
      report(await findLeftOpen(before, ${AT_ONCE}))
      clearInterval(interval)
      timeout.unref()
      report(await findLeftOpen(before))
    `)
    expect(open).toEqual(['2 x timer (setTimeout or setInterval)'])
    expect(closed).toEqual([])
  })

  it('waits for what is about to close', async () => {
    const [closed] = await inPlainNode(`
      const before = openHandles()
      setTimeout(() => {}, 50)
      report(await findLeftOpen(before))
    `)
    expect(closed).toEqual([])
  })

  it('tells what to do', async () => {
    const [message] = await inPlainNode(`
      const before = openHandles()
      const interval = setInterval(() => {}, 60_000)
      await expectNothingLeftOpen(before, ${AT_ONCE}).catch((error) => report(error.message))
      clearInterval(interval)
      await expectNothingLeftOpen(before)
    `)
    expect(message).toMatch(
      /leaves open handles behind, close them in afterEach or afterAll:\n {2}- 1 x timer/,
    )
    expect(message).toMatch(/run it again with OPEN_HANDLES_TRACE=1/)
  })
})
