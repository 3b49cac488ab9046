import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AppError, errorMessage } from '../../common/errors.ts'

const MOUNT = '/sys/fs/cgroup'

/** The processes of a container, of which the kernel ends one when they take more memory than they may. */
export interface MemoryGroup {
  readonly directory: string
  /** How often that has happened. */
  oomKills(): Promise<number>
  remove(): Promise<void>
}

interface Layout {
  readonly limitFile: string
  readonly eventsFile: string
}

const V1: Layout = { limitFile: 'memory.limit_in_bytes', eventsFile: 'memory.oom_control' }
const V2: Layout = { limitFile: 'memory.max', eventsFile: 'memory.events' }

/** Linux' control groups for memory, below the one of this process, where that may be written. */
export class MemoryGroups {
  readonly #parent: string
  readonly #layout: Layout

  /** Removes what an earlier runtime of the name has left. Rejects with an AppError that says why there are none. */
  static async open(name: string, mount: string = MOUNT): Promise<MemoryGroups> {
    try {
      const { own, layout } = await findOwn(mount)
      const parent = path.join(own, name)
      if (layout === V2) await writeFile(path.join(own, 'cgroup.subtree_control'), '+memory')
      await mkdir(parent, { recursive: true })
      if (layout === V2) await writeFile(path.join(parent, 'cgroup.subtree_control'), '+memory')
      const groups = new MemoryGroups(parent, layout)
      for (const each of await readdir(parent, { withFileTypes: true })) {
        if (each.isDirectory()) await rmdir(path.join(parent, each.name)).catch(() => {})
      }
      return groups
    } catch (error) {
      throw new AppError(
        'ERR_NO_MEMORY_GROUPS',
        `this process may make no control groups: ${errorMessage(error)}`,
        { cause: error },
      )
    }
  }

  private constructor(parent: string, layout: Layout) {
    this.#parent = parent
    this.#layout = layout
  }

  async create(name: string, limitBytes: number): Promise<MemoryGroup> {
    const { limitFile, eventsFile } = this.#layout
    const directory = path.join(this.#parent, name)
    await mkdir(directory, { recursive: true })
    await writeFile(path.join(directory, limitFile), String(limitBytes))
    return {
      directory,
      oomKills: async () => {
        const events = await readFile(path.join(directory, eventsFile), 'utf8').catch(() => '')
        return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0)
      },
      remove: () => rmdir(directory).catch(() => {}), // the next runtime tries again
    }
  }

  /** Only when all groups have been removed. */
  async close(): Promise<void> {
    await rmdir(this.#parent).catch(() => {})
  }
}

async function findOwn(mount: string): Promise<{ own: string; layout: Layout }> {
  const lines = (await readFile('/proc/self/cgroup', 'utf8')).trim().split('\n')
  const groups = lines.map((line) => {
    const [, controllers = '', ...rest] = line.split(':')
    return { controllers: controllers.split(','), own: rest.join(':') }
  })
  const memory = groups.find(({ controllers }) => controllers.includes('memory'))
  if (memory) return { own: path.join(mount, 'memory', memory.own), layout: V1 }
  const unified = groups.find(({ controllers }) => controllers.length === 1 && controllers[0] === '')
  if (unified) return { own: path.join(mount, unified.own), layout: V2 }
  throw new AppError('ERR_NO_MEMORY_GROUPS', 'it is in none itself')
}
