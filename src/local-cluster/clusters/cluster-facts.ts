import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { makeDirectory } from '../../common/make-directory.ts'
import { writePrivateFile } from '../../pki/index.ts'
import { MOST_CLUSTERS } from './address-ranges.ts'
import { isCopied } from './copied-folder.ts'

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

/** What is written of it. */
interface WrittenFacts extends ClusterFacts {
  /** Of the cluster: its real path. Earlier versions have not written it. */
  readonly folder?: string
}

/** The folder of a cluster does not say what a cluster needs. The only thing left to do with it is to delete it. */
export class DamagedClusterError extends ConfigError {
  constructor(file: string, problem: string, options?: ErrorOptions) {
    const name = path.basename(path.dirname(file))
    super(`${file} ${problem}; to be rid of the cluster: cluster-proxy local-cluster delete ${name}`, options)
  }
}

/**
 * Undefined where there is no cluster. The contexts that a cluster has put into kubeconfigs are not those of a copy of it.
 * @throws DamagedClusterError
 */
export async function readFacts(folder: string): Promise<ClusterFacts | undefined> {
  const file = path.join(folder, FACTS_FILE)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ConfigError(`cannot read ${file}: ${errorMessage(cause)}`, { cause })
  }
  const { folder: original, ...facts } = parseFacts(file, text)
  return (await isCopied(folder, FACTS_FILE, original)) ? { ...facts, mergedInto: [] } : facts
}

/** @throws ConfigError */
export async function writeFacts(folder: string, facts: ClusterFacts): Promise<void> {
  try {
    await makeDirectory(folder, PRIVATE_DIRECTORY)
    const written = { ...facts, folder: await realpath(folder) } satisfies WrittenFacts
    await writePrivateFile(path.join(folder, FACTS_FILE), `${JSON.stringify(written, null, 2)}\n`)
  } catch (cause) {
    throw new ConfigError(
      `cannot write ${folder}: ${errorMessage(cause)}; give a --data-dir with room that this user may write to`,
      { cause },
    )
  }
}

function parseFacts(file: string, text: string): WrittenFacts {
  let facts: Partial<WrittenFacts>
  try {
    facts = { ...(JSON.parse(text) as Partial<WrittenFacts>) }
  } catch (cause) {
    throw new DamagedClusterError(file, 'is not JSON', { cause })
  }
  const { name = '', port, slot, mergedInto = [], folder } = facts
  const images = { ...facts.images }
  if (!isWithin(port, 1, LAST_PORT) || !isWithin(slot, 0, MOST_CLUSTERS - 1) || !isTexts(mergedInto))
    throw new DamagedClusterError(file, 'does not describe a cluster')
  if (!Object.values(images).every(isTexts))
    throw new DamagedClusterError(file, 'does not describe the images of a cluster')
  if (name !== path.basename(path.dirname(file)))
    throw new DamagedClusterError(file, `describes another cluster, ${JSON.stringify(name)}`)
  return { name, port, slot, mergedInto, images, ...(typeof folder === 'string' && { folder }) }
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
