import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { runClusteradm, type Terminal } from '../../src/clusteradm/index.ts'

/** What a run has left behind. */
export interface RunResult {
  readonly status: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Called with each text on stderr, as it comes. */
  readonly onError?: (text: string) => void
}

/** Runs clusteradm in this process, as in a pipe. */
export async function clusteradm(line: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  let out = ''
  let err = ''
  const terminal: Terminal = {
    env: options.env ?? {},
    writeOut: (text) => {
      out += text
    },
    writeError: (text) => {
      err += text
      options.onError?.(text)
    },
    outIsTerminal: false,
    errorIsTerminal: false,
    signal: options.signal ?? new AbortController().signal,
  }
  const status = await runClusteradm(line, terminal)
  return { status, out, err }
}

/** A directory for kubeconfigs and manifests, gone with `remove`. */
export class Workspace {
  readonly directory: string

  static async make(): Promise<Workspace> {
    return new Workspace(await mkdtemp(path.join(os.tmpdir(), 'clusteradm-')))
  }

  private constructor(directory: string) {
    this.directory = directory
  }

  async write(name: string, text: string): Promise<string> {
    const file = path.join(this.directory, name)
    await writeFile(file, text)
    return file
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true })
  }
}
