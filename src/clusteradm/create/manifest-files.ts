import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import { errorMessage } from '../../common/errors.ts'
import { integerOf } from '../../common/exact-json.ts'
import { CommandError } from '../failure.ts'
import { readInput } from '../read-input.ts'

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata?: { readonly name?: string }
}

const EXTENSIONS = ['.json', '.yaml', '.yml']
const FETCH_TIMEOUT_MS = 30_000

/**
 * The objects of files, folders and URLs; `-` is stdin. Of folders, files that end in .json, .yaml and .yml count, in those below
 * them only if asked for. Lists are taken apart. Rejects with a CommandError that names the file.
 */
export async function readManifests(
  sources: readonly string[],
  options: { readonly recursive: boolean; readonly signal: AbortSignal },
): Promise<Manifest[]> {
  const texts = (await Promise.all(sources.map((source) => textsOf(source, options)))).flat()
  const manifests = texts.flatMap(({ source, text }) => manifestsOf(source, text))
  if (manifests.length === 0) throw new CommandError('no objects passed to create')
  return manifests
}

interface SourceText {
  readonly source: string
  readonly text: string
}

async function textsOf(
  source: string,
  { recursive, signal }: { readonly recursive: boolean; readonly signal: AbortSignal },
): Promise<SourceText[]> {
  try {
    if (source === '-') return [{ source: 'stdin', text: await readInput(source) }]
    if (/^https?:\/\//.test(source)) {
      const response = await fetch(source, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
      })
      if (!response.ok) throw new Error(`the server answered with status ${response.status}`)
      return [{ source, text: await response.text() }]
    }
    if (!(await stat(source)).isDirectory()) return [{ source, text: await readFile(source, 'utf8') }]
    const entries = await readdir(source, { recursive, withFileTypes: true })
    const files = entries
      .filter((entry) => entry.isFile() && EXTENSIONS.includes(path.extname(entry.name)))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
    return Promise.all(files.map(async (file) => ({ source: file, text: await readFile(file, 'utf8') })))
  } catch (error) {
    signal.throwIfAborted()
    const { cause } = error as Error // what fetch says itself is nothing
    const why = errorMessage(cause instanceof Error ? cause : error)
    throw new CommandError(`cannot read manifests from ${source}: ${why}`, { cause: error })
  }
}

function manifestsOf(source: string, text: string): Manifest[] {
  const options = { version: '1.1', merge: true, prettyErrors: false, intAsBigInt: true } as const
  return parseAllDocuments(text, options).flatMap((document) => {
    const [error] = document.errors
    if (error) {
      const line = text.slice(0, error.pos[0]).split('\n').length
      throw new CommandError(`${source} is no YAML: line ${line}: ${error.message}`, { cause: error })
    }
    const value: unknown = document.toJS({
      reviver: (_, each) => (typeof each === 'bigint' ? integerOf(String(each)) : each),
    })
    return value === null || value === undefined ? [] : objectsOf(source, value)
  })
}

function objectsOf(source: string, value: unknown): Manifest[] {
  const { apiVersion, kind, items } = (value ?? {}) as Partial<Manifest> & { readonly items?: unknown }
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new CommandError(
      `${source} holds something that is no Kubernetes object: apiVersion and kind must be set`,
    )
  }
  if (kind.endsWith('List') && Array.isArray(items)) return items.flatMap((item) => objectsOf(source, item))
  return [value as Manifest]
}
