import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findExecutable } from '../../../src/local-cluster/containers/find-executable.ts'
import { MemoryGroups } from '../../../src/local-cluster/containers/index.ts'
import { eventually } from '../../support/eventually.ts'
import { isAlive, ROOT } from '../../support/processes.ts'
import { ContainersBench, Sink } from './containers-bench.ts'

let bench: ContainersBench
const unaborted = new AbortController().signal

beforeEach(async () => {
  bench = await ContainersBench.open()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await bench.close()
})

const fileText = (name: string) => readFile(path.join(bench.folder, name), 'utf8').catch(() => '')

describe('a container', () => {
  it.each([
    ['exit 0', { exitCode: 0, reason: 'Completed' }],
    ['exit 3', { exitCode: 3, reason: 'Error' }],
    ['kill -TERM $$', { exitCode: 143, signal: 'SIGTERM', reason: 'Error' }],
    ['kill -KILL $$', { exitCode: 137, signal: 'SIGKILL', reason: 'Error' }],
  ])('that does %j ends so', async (script, expected) => {
    const { exited } = await bench.shell(script)
    expect(await exited).toMatchObject(expected)
  })

  it.each([
    [['no-such-program'], 'exec: "no-such-program": executable file not found in $PATH'],
    [['./nothing'], 'exec: "./nothing": stat ./nothing: no such file or directory'],
    [[''], 'exec: "": executable file not found in $PATH'],
  ])('cannot be started as %j', async (command, message) => {
    await expect(bench.start(command)).rejects.toThrow(message)
  })

  it('cannot be started where there is no working directory', async () => {
    const surroundings = { env: {}, workingDir: path.join(bench.folder, 'none'), rootfs: bench.folder }
    await expect(bench.start(['/bin/true'], { surroundings })).rejects.toThrow(/ENOENT/)
  })

  it('has its environment, and nothing else', async () => {
    const env = {
      PATH: '/usr/bin:/bin',
      ONE: 'a b\n"c"',
      'my.odd-name': "it's odd",
      group: 'g',
      __proto: 'p',
    }
    const { exited } = await bench.start(['env', '-0'], { env })
    await exited
    const entries = (await bench.logs()).replace(/\n$/, '').split('\0').filter(Boolean)
    const { CLUSTER_PROXY_RUN: run, ...rest } = Object.fromEntries(
      entries.map((entry) => entry.split(/=(.*)/s).slice(0, 2)),
    )
    expect(rest).toEqual(env)
    expect(run).toMatch(/^[0-9a-f-]{36}$/) // by which its processes are found
  })

  it('may open its output and error by their names', async () => {
    const { exited } = await bench.shell('echo out >/dev/stdout; echo err >/dev/stderr')
    expect(await exited).toMatchObject({ exitCode: 0 })
    expect(await bench.logs({ stream: 'stdout' })).toBe('out\n')
    expect(await bench.logs({ stream: 'stderr' })).toBe('err\n')
  })

  it('can be started whatever the path of this process is', async () => {
    vi.stubEnv('PATH', '/nowhere')
    const { exited } = await bench.shell('exit 3')
    expect(await exited).toMatchObject({ exitCode: 3 })
  })

  it('can be started when the pipes that were made for it are gone', async () => {
    const container = await bench.shell('sleep 1000')
    await rm(path.join(bench.folder, 'pipes'), { recursive: true })
    const stdout = new Sink()
    await container.exec({ command: ['/bin/sh', '-c', 'echo hello'] }, { stdout }, unaborted)
    expect(stdout.text).toBe('hello\n')
  })

  it('has no child that it does not know of, and not the pipe of its watcher', async () => {
    const { exited } = await bench.shell(
      '[ -e /proc/self/fd/3 ] || echo no pipe; pgrep -P $$ || echo childless',
      {
        env: { PATH: '/usr/bin:/bin' },
      },
    )
    await exited
    expect(await bench.logs()).toBe('no pipe\nchildless\n')
  })

  it('takes with it what has left for a session of its own', async () => {
    const { exited } = await bench.shell('setsid sleep 1000 & echo $!; sleep 0.1; exit 0', {
      env: { PATH: '/usr/bin:/bin' },
    })
    await exited
    const pid = Number((await bench.logs()).trim())
    await eventually(() => isAlive(pid)).toBe(false)
  })

  describe('with daemons', () => {
    const env = { PATH: '/usr/bin:/bin' }
    const startDaemon = (file: string) =>
      `setsid sh -c 'echo $$ >${file}; exec sleep 1000' </dev/null >/dev/null 2>&1 & until [ -s ${file} ]; do sleep 0.01; done`

    // To look for such a process is to look at all of the machine's, which is too much for each probe.
    it('takes those of its commands with it, and not before', async () => {
      const container = await bench.shell('sleep 1000', { env })
      await container.exec({ command: ['/bin/sh', '-c', startDaemon('daemon')] }, {}, unaborted)
      const pid = Number(await fileText('daemon'))
      await (await bench.shell('exit 0')).exited // which looks for its own
      expect(isAlive(pid)).toBe(true)
      container.kill()
      await container.exited
      await eventually(() => isAlive(pid)).toBe(false)
    })

    it('takes them with it, however many containers end at once', async () => {
      const names = ['a', 'b', 'c', 'd', 'e']
      const containers = await Promise.all(names.map((name) => bench.shell(startDaemon(name), { env })))
      await Promise.all(containers.map(({ exited }) => exited))
      const pids = await Promise.all(names.map(async (name) => Number(await fileText(name))))
      await eventually(() => pids.map(isAlive)).toEqual(pids.map(() => false))
    })
  })

  it('gets signals itself, and its children do not', async () => {
    const {
      exited,
      signal: _,
      ...container
    } = await bench.shell(
      `trap 'echo told; exit 7' TERM; (trap 'echo child told' TERM; echo $$ >child; while :; do sleep 0.01; done) & echo up >up; wait`,
      { env: { PATH: '/usr/bin:/bin' } },
    )
    expect(container).toBeDefined()
    await eventually(() => fileText('up')).toBe('up\n')
    process.kill(container.pid, 'SIGTERM')
    expect(await exited).toMatchObject({ exitCode: 7 })
    expect(await bench.logs()).toBe('told\n')
  })

  it('takes what it has started along', async () => {
    const { exited } = await bench.shell(
      '(trap "" TERM HUP; sleep 1000 & echo $! >child; wait) & sleep 0.1; exit 0',
      {
        env: { PATH: '/usr/bin:/bin' },
      },
    )
    await exited
    const child = Number(await fileText('child'))
    expect(child).toBeGreaterThan(0)
    await eventually(() => isAlive(child)).toBe(false)
  })

  it('is not waited for by what has left its process group with its output', async () => {
    const { exited } = await bench.shell('setsid sleep 3 & echo $! >child; exit 4', {
      env: { PATH: '/usr/bin:/bin' },
    })
    expect(await exited).toMatchObject({ exitCode: 4 })
    process.kill(Number(await fileText('child')), 'SIGKILL')
  })

  it('reads what is attached to its input, and is heard', async () => {
    const container = await bench.shell('cat; echo done', {
      stdin: true,
      stdinOnce: true,
      env: { PATH: '/bin' },
    })
    const stdin = new PassThrough()
    const stdout = new Sink()
    const attached = container.attach({ stdin, stdout }, unaborted)
    stdin.end('hello\n')
    await attached
    expect(stdout.text).toBe('hello\ndone\n')
    expect(await container.exited).toMatchObject({ exitCode: 0 })
  })

  it('tells the one it is run for what came before, and nobody else', async () => {
    const container = await bench.shell('echo early; echo warning >&2; read -r _', {
      stdin: true,
      stdinOnce: true,
    })
    for (const line of ['early', 'warning']) await eventually(() => bench.rawLog()).toContain(line)
    const [first, second] = [new PassThrough(), new PassThrough()]
    const [stdout, stderr, late] = [new Sink(), new Sink(), new Sink()]
    const attached = [
      container.attach({ stdin: first, stdout, stderr }, unaborted),
      container.attach({ stdin: second, stdout: late }, unaborted),
    ]
    first.end('go on\n')
    await Promise.all(attached)
    expect([stdout.text, stderr.text, late.text]).toEqual(['early\n', 'warning\n', ''])
  })

  it('goes on when who was attached has left', async () => {
    const container = await bench.shell('cat', { stdin: true, env: { PATH: '/bin' } })
    const leaving = new AbortController()
    const attached = container.attach({ stdin: new PassThrough(), stdout: new Sink() }, leaving.signal)
    leaving.abort()
    await attached
    expect(isAlive(container.pid)).toBe(true)
    container.kill()
    expect(await container.exited).toMatchObject({ exitCode: 137, signal: 'SIGKILL' })
  })
})

describe('a command in a container', () => {
  const env = { PATH: '/usr/bin:/bin', WHO: 'me' }

  it('has the surroundings, its own streams and exit code', async () => {
    const container = await bench.shell('sleep 1000', { env })
    const [stdout, stderr] = [new Sink(), new Sink()]
    const stdin = new PassThrough().end('input')
    const command = ['sh', '-c', 'cat; echo " $WHO"; pwd; echo oops >&2; exit 5']
    const exit = await container.exec({ command }, { stdin, stdout, stderr }, unaborted)
    expect(exit.exitCode).toBe(5)
    expect(stdout.text).toBe(`input me\n${bench.folder}\n`)
    expect(stderr.text).toBe('oops\n')
    expect(await bench.logs()).toBe('')
  })

  it('ends with the container', async () => {
    const container = await bench.shell('sleep 1000', { env })
    const exit = container.exec({ command: ['sleep', '1000'] }, {}, unaborted)
    container.kill()
    expect((await exit).signal).toBe('SIGKILL')
  })

  it('ends when nobody wants it any more, and after its time', async () => {
    const container = await bench.shell('sleep 1000', { env })
    const leaving = new AbortController()
    const exit = container.exec({ command: ['sleep', '1000'] }, {}, leaving.signal)
    leaving.abort()
    expect((await exit).signal).toBe('SIGKILL')
    const late = await container.run(['sh', '-c', 'echo before; sleep 1000'], 100, unaborted)
    expect(late).toMatchObject({ exitCode: 137, isTimedOut: true })
  })

  // Each of them has a watcher, which ends all of the container when the runtime has gone, and only then.
  it('leaves the container as it is when it ends', async () => {
    const container = await bench.shell('sleep 1000', { env })
    const commands = Array.from({ length: 50 }, () => container.exec({ command: ['true'] }, {}, unaborted))
    expect((await Promise.all(commands)).map(({ exitCode }) => exitCode)).toEqual(commands.map(() => 0))
    expect(isAlive(container.pid)).toBe(true)
  })

  it('says why it cannot be run', async () => {
    const container = await bench.shell('sleep 1000', { env })
    await expect(container.exec({ command: ['nothing'] }, {}, unaborted)).rejects.toThrow(
      'exec: "nothing": executable file not found in $PATH',
    )
  })

  it('may say much, of which the beginning is kept', async () => {
    const container = await bench.shell('sleep 1000', { env })
    const { output } = await container.run(['head', '-c', '1000000', '/dev/zero'], 10_000, unaborted)
    expect(output).toHaveLength(10 * 1024)
  })

  it('may have a terminal, whose size follows', async () => {
    const container = await bench.shell('sleep 1000', { env })
    const resizes = (async function* () {
      await eventually(() => stdout.text).toContain('24 80')
      yield { width: 132, height: 50 }
    })()
    const stdout = new Sink()
    const script = `
      tty >/dev/null && echo terminal $TERM
      trap 'case $(stty size) in "50 132") exit 9 ;; esac' WINCH
      stty size
      while :; do sleep 0.01; done`
    const streams = { stdin: new PassThrough(), stdout, resizes }
    const exit = await container.exec({ command: ['sh', '-c', script], tty: true }, streams, unaborted)
    expect(stdout.text.replaceAll('\r', '')).toBe('terminal xterm\n24 80\n')
    expect(exit.exitCode).toBe(9)
  })
})

describe('a terminal', () => {
  // kubectl says how large its own is at once, and nothing more as long as that stays so.
  it('has the size that is said before it is there', async () => {
    const container = await bench.shell('sleep 1000', { env: { PATH: '/usr/bin:/bin' } })
    const resizes = (async function* () {
      yield { width: 132, height: 50 }
    })()
    const script = `trap : WINCH; until [ "$(stty size)" = "50 132" ]; do sleep 0.01; done; exit 9`
    const streams = { stdin: new PassThrough(), stdout: new Sink(), resizes }
    const exit = await container.exec({ command: ['sh', '-c', script], tty: true }, streams, unaborted)
    expect(exit.exitCode).toBe(9)
  })
})

describe('a memory limit', async () => {
  const unavailable = await MemoryGroups.open(`cluster-proxy-test-${process.pid}`).then(
    (groups) => groups.close().then(() => undefined),
    (error: Error) => error.message,
  )

  it.runIf(unavailable === undefined)('ends who takes more, and says so', async () => {
    const groups = await MemoryGroups.open(`cluster-proxy-test-${process.pid}`)
    const memory = await groups.create('hungry', 40 * 1024 * 1024)
    const hungry = 'const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1))'
    const { exited } = await bench.start([process.execPath, '-e', hungry], { memory })
    expect(await exited).toMatchObject({ exitCode: 137, reason: 'OOMKilled' })
    await expect(stat(memory.directory)).rejects.toThrow('ENOENT')
    await groups.close()
  })

  it('says why there are none', async () => {
    const nothing = path.join(bench.folder, 'no-cgroups')
    await mkdir(path.dirname(nothing), { recursive: true })
    await writeFile(nothing, '')
    await expect(MemoryGroups.open('any', nothing)).rejects.toThrow(
      /^this process may make no control groups: /,
    )
  })
})

describe('when the process that starts containers is killed', () => {
  it('they end as killed, and others can be started', async () => {
    const container = await bench.shell('(setsid sleep 1000 & echo $! >daemon); sleep 1000', {
      env: { PATH: '/usr/bin:/bin' },
    })
    await eventually(() => fileText('daemon')).toMatch(/\d+\n/)
    const daemon = Number(await fileText('daemon'))
    const [, parent] = /^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${container.pid}/status`, 'utf8')) ?? []
    expect(parent).not.toBe(String(process.pid))
    process.kill(Number(parent), 'SIGKILL')
    expect(await container.exited).toMatchObject({ exitCode: 137, signal: 'SIGKILL', reason: 'Error' })
    await eventually(() => [container.pid, daemon].map(isAlive)).toEqual([false, false])
    expect(await (await bench.shell('exit 3')).exited).toMatchObject({ exitCode: 3 })
  })
})

describe('when the runtime is killed', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)(
    'by %s, no container is left, nor what it has started',
    async (signal) => {
      const bin = path.join(bench.folder, 'bin') // all that the container finds
      await mkdir(bin)
      for (const name of ['sh', 'sleep', 'setsid'])
        await symlink(
          await findExecutable(name, { env: { PATH: process.env.PATH ?? '' }, workingDir: '/' }),
          path.join(bin, name),
        )
      const program = `
      import { ContainerLog, ContainerProcess, ProcessSpawner } from ${JSON.stringify(path.join(ROOT, 'src/local-cluster/containers/index.ts'))}
      import { silentLogger } from ${JSON.stringify(path.join(ROOT, 'src/common/log.ts'))}
      import { systemClock } from ${JSON.stringify(path.join(ROOT, 'src/kube/index.ts'))}
      const log = await ContainerLog.open(systemClock, { file: ${JSON.stringify(bench.logFile)} })
      const spawner = new ProcessSpawner({ log: silentLogger }, { folder: ${JSON.stringify(path.join(bench.folder, 'pipes-of-runtime'))} })
      const surroundings = { env: { PATH: ${JSON.stringify(bin)} }, workingDir: ${JSON.stringify(bench.folder)}, rootfs: '/' }
      const stubborn = \`trap '' TERM INT HUP; (sleep 1000 & echo $! >grandchild; wait) & (setsid sleep 1000 & echo $! >daemon) & echo $$ >main; wait\`
      const container = await ContainerProcess.start({ clock: systemClock, spawner, log }, { command: ['sh', '-c', stubborn], surroundings })
      container.exec({ command: ['sh', '-c', 'echo $$ >command; sleep 1000'] }, {}, new AbortController().signal)
      console.log('started')
    `
      const runtime = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(runtime.stdout, 'data')
      const files = ['main', 'grandchild', 'daemon', 'command']
      for (const file of files) await eventually(() => fileText(file)).toMatch(/\d+\n/)
      const pids = await Promise.all(files.map(async (file) => Number(await fileText(file))))
      expect(pids.map(isAlive)).toEqual([true, true, true, true])
      runtime.kill(signal)
      await once(runtime, 'close')
      await eventually(() => pids.map(isAlive)).toEqual([false, false, false, false])
    },
  )
})
