import { readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { type Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { makeDirectory } from '../../common/make-directory.ts'

const LISTS = ['clusters', 'contexts', 'users'] as const
type Lists = [clusters: YAMLSeq, contexts: YAMLSeq, users: YAMLSeq]
const PRIVATE_FILE = 0o600
const LOCK_TRIES = 50
const LOCK_PAUSE_MS = 100

/** Which kubeconfig kubectl would write to. */
export function usualKubeconfig(env: Readonly<Record<string, string | undefined>>): string {
  const first = env.KUBECONFIG?.split(path.delimiter).find((each) => each !== '')
  return path.resolve(first ?? path.join(env.HOME || homedir(), '.kube', 'config'))
}

/**
 * Puts the cluster, context and user of a kubeconfig into another one, replaces those of the same names, and makes its context the
 * current one. Comments and everything else in the file stay.
 */
export async function mergeKubeconfig(file: string, added: string): Promise<void> {
  const source = parseDocument(added)
  await edit(file, (target) => {
    for (const list of LISTS) {
      for (const entry of entriesOf(file, source, list).items as YAMLMap[]) {
        removeNamed(entriesOf(file, target, list), entry.get('name'))
        entriesOf(file, target, list).add(entry)
      }
    }
    target.set('current-context', source.get('current-context'))
  })
}

/**
 * Takes a context, its cluster and its user out of a kubeconfig, if the file is there and the cluster is still the one at `server`:
 * another one of the name may have been put there since.
 */
export async function removeFromKubeconfig(file: string, name: string, server: string): Promise<void> {
  try {
    await stat(file)
  } catch {
    return
  }
  await edit(file, (target) => {
    const [clusters, contexts, users] = LISTS.map((list) => entriesOf(file, target, list)) as Lists
    const context = named(contexts, name)
    const cluster = context?.getIn(['context', 'cluster'])
    if (named(clusters, cluster)?.getIn(['cluster', 'server']) !== server) return
    removeNamed(contexts, name)
    removeNamed(clusters, cluster)
    removeNamed(users, context?.getIn(['context', 'user']))
    if (target.get('current-context') === name) target.set('current-context', '')
  })
}

async function edit(file: string, change: (target: Document) => void): Promise<void> {
  await withLock(file, async () => {
    const target = parseDocument(await readIfThere(file))
    const [error] = target.errors
    if (error) throw new ConfigError(`${file} is not YAML: ${error.message}`, { cause: error })
    if (target.contents === null) {
      for (const [key, value] of Object.entries({ apiVersion: 'v1', kind: 'Config' })) target.set(key, value)
    } else if (!isMap(target.contents)) throw new ConfigError(`${file} is not a kubeconfig`)
    change(target)
    // A reader sees the file of before or the one of after.
    const place = await behindLinks(file)
    await makeDirectory(path.dirname(place))
    const written = `${place}.${process.pid}.tmp`
    await writeFile(written, target.toString({ lineWidth: 0 }), { mode: PRIVATE_FILE })
    await rename(written, place)
  })
}

/** By the lock file that kubectl and client-go take. */
async function withLock(file: string, work: () => Promise<void>): Promise<void> {
  const lock = `${file}.lock`
  try {
    await makeDirectory(path.dirname(file))
    await takeLock(lock)
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`cannot write ${file}: ${errorMessage(cause)}`, { cause })
  }
  try {
    await work()
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`cannot write ${file}: ${errorMessage(cause)}`, { cause })
  } finally {
    await rm(lock, { force: true })
  }
}

async function takeLock(lock: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await writeFile(lock, '', { flag: 'wx' })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (tries === LOCK_TRIES)
        throw new ConfigError(
          `${lock} is there: another program is changing the kubeconfig; if none is, remove that file`,
        )
      await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS))
    }
  }
}

function entriesOf(file: string, document: Document, list: string): YAMLSeq {
  const entries = document.get(list)
  if (isSeq(entries)) return entries
  if (entries !== undefined && entries !== null) throw new ConfigError(`${list} of ${file} is not a list`)
  const made = document.createNode([]) as YAMLSeq
  made.flow = false
  document.set(list, made)
  return made
}

function named(entries: YAMLSeq, name: unknown): YAMLMap | undefined {
  return entries.items.find((entry): entry is YAMLMap => isMap(entry) && entry.get('name') === name)
}

function removeNamed(entries: YAMLSeq, name: unknown): void {
  entries.items = entries.items.filter((entry) => !isMap(entry) || entry.get('name') !== name)
}

/** People keep their kubeconfig elsewhere and have a link to it, which is to stay one, also before there is anything behind it. */
async function behindLinks(file: string): Promise<string> {
  try {
    return await realpath(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
  const target = await readlink(file).catch(() => undefined)
  return target === undefined ? file : behindLinks(path.resolve(path.dirname(file), target))
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw cause
  }
}
