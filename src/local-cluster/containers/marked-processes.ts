import { readdir, readFile } from 'node:fs/promises'

/** The variable by whose value the processes of one container are known. */
export const MARK = 'CLUSTER_PROXY_RUN'

/** One by one they would take a turn of a busy event loop each, and all at once a file each. */
const READ_AT_ONCE = 100

/** One look at all processes of this machine, for whoever has asked for one before it began. */
interface Search {
  readonly marks: Set<string>
  readonly done: Promise<void>
}

let latest: Promise<void> = Promise.resolve()
let next: Search | undefined

/**
 * Kills the processes that have this value of the mark in the environment that they were started with, where there is /proc. They are
 * those that have left their process group, by setsid(2), which a daemon does. Resolves when none is left; never rejects.
 *
 * A machine has many processes, and many containers may end at once: one search at a time is for all of them.
 */
export function killMarked(value: string): Promise<void> {
  next ??= searchAfter(latest)
  next.marks.add(value)
  return next.done
}

function searchAfter(previous: Promise<void>): Search {
  const marks = new Set<string>()
  const done = previous.then(() => {
    next = undefined
    return search(marks)
  })
  latest = done
  return { marks, done }
}

/** What one of them has started before it was killed is found when they are looked at again. */
async function search(marks: ReadonlySet<string>): Promise<void> {
  const killed = new Set<string>()
  for (let before = -1; killed.size > before; ) {
    before = killed.size
    const pids = (await list()).filter((pid) => !killed.has(pid))
    for (let at = 0; at < pids.length; at += READ_AT_ONCE) {
      await Promise.all(
        pids.slice(at, at + READ_AT_ONCE).map(async (pid) => {
          if (!marks.has(await markOf(pid))) return
          kill(Number(pid))
          killed.add(pid)
        }),
      )
    }
  }
}

async function list(): Promise<readonly string[]> {
  try {
    return (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

/** Empty where it has none, is gone, or is somebody else's. */
async function markOf(pid: string): Promise<string> {
  try {
    const environment = `\0${await readFile(`/proc/${pid}/environ`, 'latin1')}`
    return environment.split(`\0${MARK}=`, 2)[1]?.split('\0', 1)[0] ?? ''
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has gone by itself.
  }
}
