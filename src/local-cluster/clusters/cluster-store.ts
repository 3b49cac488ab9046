import { readdir, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { addressRanges, isSlotFree, MOST_CLUSTERS, RangeLease } from './address-ranges.ts'
import { type ClusterFacts, DamagedClusterError, FACTS_FILE, readFacts, writeFacts } from './cluster-facts.ts'
import { verifyClusterName } from './cluster-name.ts'
import { withFolderLock } from './folder-lock.ts'
import { freePort } from './free-port.ts'

/** A cluster and the folder with everything of it. */
export interface ClusterFolder {
  readonly facts: ClusterFacts
  readonly folder: string
}

/** Somebody has deleted the cluster since it was found. */
export class DeletedClusterError extends ConfigError {}

/** The clusters of one user, a folder for each. */
export class ClusterStore {
  readonly folder: string
  readonly #firstSlot: number

  /** @param options.firstSlot where the search for free address ranges begins, 0 unless it is said */
  constructor(folder: string, options: { readonly firstSlot?: number } = {}) {
    this.folder = folder
    this.#firstSlot = options.firstSlot ?? 0
  }

  folderOf(name: string): string {
    return path.join(this.folder, name)
  }

  /** Without those that are damaged. */
  async list(): Promise<ClusterFolder[]> {
    return (await this.#all()).filter((cluster) => typeof cluster === 'object')
  }

  /** The names of those that are damaged. */
  async listDamaged(): Promise<string[]> {
    return (await this.#all()).filter((cluster) => typeof cluster === 'string')
  }

  /** Each cluster, or its name where it is damaged. */
  async #all(): Promise<(ClusterFolder | string)[]> {
    let names: string[]
    try {
      names = await readdir(this.folder)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw new ConfigError(`cannot read ${this.folder}: ${errorMessage(cause)}`, { cause })
    }
    const found = names.sort().map(async (name) => {
      try {
        return await this.find(name)
      } catch (error) {
        if (error instanceof DamagedClusterError) return name
        throw error
      }
    })
    return (await Promise.all(found)).filter((cluster) => cluster !== undefined)
  }

  async find(name: string): Promise<ClusterFolder | undefined> {
    const folder = this.folderOf(name)
    const facts = await readFacts(folder)
    return facts && { folder, facts }
  }

  /** @throws ConfigError that lists the clusters that there are */
  async get(name: string): Promise<ClusterFolder> {
    verifyClusterName(name)
    const cluster = await this.find(name)
    if (cluster) return cluster
    const names = (await this.list()).map(({ facts }) => facts.name)
    const others = names.length > 0 ? `there are ${names.join(', ')}` : 'there are none'
    throw new ConfigError(`no cluster ${JSON.stringify(name)} in ${this.folder}: ${others}`)
  }

  /**
   * Gives a new cluster its port and its addresses. One that somebody else has made meanwhile is left as it is.
   * @param port 0 takes one that is free
   */
  async create(name: string, { port }: { readonly port: number }): Promise<ClusterFolder> {
    verifyClusterName(name)
    return withFolderLock(this.folder, async () => {
      const existing = await this.find(name)
      if (existing) return existing
      const slot = await this.#freeSlot(new Set((await this.list()).map(({ facts }) => facts.slot)))
      const facts = {
        name,
        slot,
        port: port || (await freePort(addressRanges(slot).node)),
        mergedInto: [],
        images: {},
      }
      await this.update(facts)
      return { folder: this.folderOf(name), facts }
    })
  }

  /**
   * Takes the addresses of a cluster, until they are released. One that has never run gets others if they are taken: another user's
   * clusters, or those of another folder, are not known here.
   *
   * @throws ConfigError
   */
  async takeRanges({ facts, folder }: ClusterFolder): Promise<{ facts: ClusterFacts; lease: RangeLease }> {
    try {
      return { facts, lease: await RangeLease.take(addressRanges(facts.slot)) }
    } catch (error) {
      if (!(error instanceof ConfigError) || (await hasRun(folder))) throw error
    }
    return withFolderLock(this.folder, async () => {
      const others = (await this.list()).map((each) => each.facts.slot)
      for (;;) {
        const slot = await this.#freeSlot(new Set(others))
        try {
          const lease = await RangeLease.take(addressRanges(slot))
          const moved = { ...facts, slot }
          await this.update(moved)
          return { facts: moved, lease }
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
          others.push(slot)
        }
      }
    })
  }

  async update(facts: ClusterFacts): Promise<void> {
    await writeFacts(this.folderOf(facts.name), facts)
  }

  /**
   * Does something with a cluster as it is now, while no other process begins to run it or removes it. Its lock is not in its own
   * folder, which can so be removed whoever waits for it.
   * @throws DeletedClusterError
   */
  async withLock<T>(name: string, work: (cluster: ClusterFolder) => Promise<T>): Promise<T> {
    const found = async () => {
      const cluster = await this.find(name)
      if (!cluster) throw new DeletedClusterError(`cluster ${name} was deleted meanwhile`)
      return cluster
    }
    return withFolderLock(this.folder, async () => work(await found()), `.${name}.lock`)
  }

  /** With everything in it. It must have been stopped. */
  async remove(name: string): Promise<void> {
    await rm(this.folderOf(name), { recursive: true, force: true })
  }

  async #freeSlot(taken: ReadonlySet<number>): Promise<number> {
    for (let step = 0; step < MOST_CLUSTERS; step++) {
      const slot = (this.#firstSlot + step) % MOST_CLUSTERS
      if (!taken.has(slot) && (await isSlotFree(slot))) return slot
    }
    throw new ConfigError(
      `all ${MOST_CLUSTERS} address ranges for clusters are taken: delete a cluster that is not needed any more`,
    )
  }
}

/** Where clusters are kept unless somebody says otherwise. */
export function defaultClusterFolder(env: Readonly<Record<string, string | undefined>>): string {
  const home = env.XDG_DATA_HOME || path.join(env.HOME || homedir(), '.local', 'share')
  return path.join(home, 'cluster-proxy', 'local-clusters')
}

/** Whether it has anything in it that knows of its addresses. */
async function hasRun(folder: string): Promise<boolean> {
  return (await readdir(folder)).some((name) => name !== FACTS_FILE && name.endsWith('.db'))
}
