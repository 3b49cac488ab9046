import os from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { StartError } from './find-executable.ts'
import { MARK } from './marked-processes.ts'
import type { ProcessSpawner, SpawnedProcess } from './process-spawner.ts'
import { sendSignal } from './send-signal.ts'
import type { ContainerSurroundings } from './surroundings.ts'

/**
 * The shell becomes the command (`exec`), so that its process is the command's. Before that it leaves a watcher behind, in the
 * same process group: it reads descriptor 3, a pipe of which only the runtime holds the other end, and kills the group when
 * that ends, whichever way the runtime went. `$1` is a control group to live in, or empty. What has left the process group is
 * killed by it, or is found by the mark `$2` in its environment, by the system's `grep`, whatever the container has on its path.
 * The watcher is the grandchild of the command's process, which thus has no child that it does not know of. It is neither marked
 * nor in the control group, so that it survives what it, or another watcher of the container, does to those that are.
 */
const SCRIPT = `
( {
  trap '' HUP INT QUIT TERM USR1 USR2 PIPE
  read -r _ <&3
  if [ -n "$1" ]; then
    echo 1 >"$1/cgroup.kill" || while read -r pid; do kill -KILL "$pid"; done <"$1/cgroup.procs"
  fi
  for file in $(command -p grep -lzx "${MARK}=$2" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}"
  done
  kill -KILL 0
} </dev/null >/dev/null 2>&1 & )
exec 3<&-
if [ -n "$1" ]; then
  echo $$ >"$1/cgroup.procs"
fi
export ${MARK}="$2"
shift 2
`

/** What a shell puts into its environment on its own. */
const SHELLS_OWN = ['PWD', 'OLDPWD', 'SHLVL']

/** For output that was written before the end to be read; whoever has left the process group may hold it open for ever. */
const DRAIN_MS = 1000

export interface WatchedProcessOptions {
  /** The first is the absolute path of a program. */
  readonly command: readonly string[]
  readonly surroundings: ContainerSurroundings
  /** Of its container, in the environment of all of its processes (killMarked). */
  readonly mark: string
  readonly hasInput: boolean
  /** A directory of the control group file system. */
  readonly controlGroup?: string | undefined
}

/** How a process ended, as a shell would tell it: 128 and the signal's number where one ended it. */
export interface ProcessExit {
  readonly exitCode: number
  readonly signal?: NodeJS.Signals
}

/**
 * A process and all that it starts, which end when it ends, or when this process does; what has left its process group does so with
 * its container. The group's ID is the process's, and is not given to anybody else as long as the watcher is in it.
 */
export class WatchedProcess {
  readonly pid: number
  readonly stdin: Writable | undefined
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves when it has ended and what it left behind in its process group is being killed; its output may still have to be read. */
  readonly exited: Promise<ProcessExit>
  #hasExited = false

  /** Rejects with a StartError. */
  static async start(spawner: ProcessSpawner, options: WatchedProcessOptions): Promise<WatchedProcess> {
    const { command, surroundings, mark, hasInput, controlGroup = '' } = options
    const { env, workingDir: cwd } = surroundings
    const shell = ['-c', `${SCRIPT}\n${unsetting(env)}exec "$@"`, 'container', controlGroup, mark]
    try {
      const process = await spawner.spawn({
        command: ['/bin/sh', ...shell, ...withOddNames(env), ...command],
        cwd,
        env: withoutMark(env),
        hasInput,
      })
      process.stdin?.on('error', ignore) // it need not want its input
      return new WatchedProcess(process)
    } catch (error) {
      throw new StartError(`exec: ${JSON.stringify(command[0])}: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  private constructor({ pid, stdin, stdout, stderr, exited }: SpawnedProcess) {
    this.pid = pid
    this.stdin = stdin
    this.stdout = stdout
    this.stderr = stderr
    this.exited = exited.then(({ code, signal }) => {
      this.#hasExited = true
      sendSignal(-pid, 'SIGKILL')
      stdin?.destroy()
      setTimeout(() => {
        stdout.destroy()
        stderr.destroy()
      }, DRAIN_MS).unref()
      return signal
        ? { exitCode: 128 + (os.constants.signals[signal] ?? 0), signal }
        : { exitCode: code ?? 0 }
    })
  }

  /** To the process itself, not to those that it has started. Nothing happens once it has ended. */
  signal(name: NodeJS.Signals): void {
    if (!this.#hasExited) sendSignal(this.pid, name)
  }

  /** Ends it, and all that it has started. */
  kill(): void {
    if (!this.#hasExited) sendSignal(-this.pid, 'SIGKILL')
  }
}

/** A container of ours that has containers of its own has one from around it, which its watchers are not to have. */
function withoutMark({ [MARK]: _, ...env }: Readonly<Record<string, string>>): Record<string, string> {
  return env
}

function unsetting(env: Readonly<Record<string, string>>): string {
  const names = SHELLS_OWN.filter((name) => !Object.hasOwn(env, name))
  return names.length > 0 ? `unset ${names.join(' ')}\n` : ''
}

/** Kubernetes allows names that shells drop from their environment, such as `my.name`. */
function withOddNames(env: Readonly<Record<string, string>>): readonly string[] {
  const odd = Object.entries(env).filter(([name]) => !/^[A-Za-z_]\w*$/.test(name))
  return odd.length > 0 ? ['/usr/bin/env', ...odd.map(([name, value]) => `${name}=${value}`)] : []
}

function ignore(): void {}
