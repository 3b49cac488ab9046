import { readdir, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { makeDirectory } from '../../common/make-directory.ts'
import { writePrivateFile } from '../../pki/index.ts'
import { addressRanges, isSlotFree, MOST_CLUSTERS, RangeLease } from './address-ranges.ts'
import { verifyClusterName } from './cluster-name.ts'
import { withFolderLock } from './folder-lock.ts'
import { freePort } from './free-port.ts'

const PRIVATE_DIRECTORY = 0o700
/** In each cluster's folder. */
export const FACTS_FILE = 'cluster.json'
const LAST_PORT = 65_535

/** What is known of a cluster whether it runs or not. */
export interface ClusterFacts {
  readonly name: string
  /** Of its API server, at the node's address. */
  readonly port: number
  /** Which of the machine's address ranges it has. */
  readonly slot: number
  /** Names of images by what stands for them, as they were given last. */
  readonly images: Readonly<Record<string, readonly string[]>>
  /** Kubeconfigs into which its context was put. */
  readonly mergedInto: readonly string[]
}

/** A cluster and the folder with everything of it. */
export interface ClusterFolder {
  readonly facts: ClusterFacts
  readonly folder: string
}

/** The folder of a cluster does not say what a cluster needs. The only thing left to do with it is to delete it. */
export class DamagedClusterError extends ConfigError {
  constructor(file: string, problem: string, options?: ErrorOptions) {
    const name = path.basename(path.dirname(file))
    super(`${file} ${problem}; to be rid of the cluster: cluster-proxy local-cluster delete ${name}`, options)
  }
}

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
    const file = path.join(folder, FACTS_FILE)
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw new ConfigError(`cannot read ${file}: ${errorMessage(cause)}`, { cause })
    }
    return { folder, facts: parseFacts(file, text) }
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
    const folder = this.folderOf(facts.name)
    try {
      await makeDirectory(folder, PRIVATE_DIRECTORY)
      await writePrivateFile(path.join(folder, FACTS_FILE), `${JSON.stringify(facts, null, 2)}\n`)
    } catch (cause) {
      throw new ConfigError(
        `cannot write ${folder}: ${errorMessage(cause)}; give a --data-dir with room that this user may write to`,
        { cause },
      )
    }
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

function parseFacts(file: string, text: string): ClusterFacts {
  let facts: Partial<ClusterFacts>
  try {
    facts = { ...(JSON.parse(text) as Partial<ClusterFacts>) }
  } catch (cause) {
    throw new DamagedClusterError(file, 'is not JSON', { cause })
  }
  const { name = '', port, slot, mergedInto = [] } = facts
  const images = { ...facts.images }
  if (!isWithin(port, 1, LAST_PORT) || !isWithin(slot, 0, MOST_CLUSTERS - 1) || !isTexts(mergedInto))
    throw new DamagedClusterError(file, 'does not describe a cluster')
  if (!Object.values(images).every(isTexts))
    throw new DamagedClusterError(file, 'does not describe the images of a cluster')
  if (name !== path.basename(path.dirname(file)))
    throw new DamagedClusterError(file, `describes another cluster, ${JSON.stringify(name)}`)
  return { name, port, slot, mergedInto, images }
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
