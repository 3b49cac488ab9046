import { readdir, readFile } from 'node:fs/promises'

/**
 * Kills the processes that have a text such as `NAME=value` in the environment that they were started with, where there is /proc. They
 * are those that have left their process group, by setsid(2), which a daemon does.
 */
export async function killMarked(mark: string): Promise<void> {
  const wanted = Buffer.from(`${mark}\0`)
  const pids = (await list()).filter((name) => /^\d+$/.test(name))
  await Promise.all(
    pids.map(async (pid) => {
      if (await hasInEnvironment(pid, wanted)) kill(Number(pid))
    }),
  )
}

async function list(): Promise<readonly string[]> {
  try {
    return await readdir('/proc')
  } catch {
    return []
  }
}

async function hasInEnvironment(pid: string, wanted: Buffer): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/environ`)).includes(wanted)
  } catch {
    return false // it is gone, or somebody else's
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has gone by itself.
  }
}
