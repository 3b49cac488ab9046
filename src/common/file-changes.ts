import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

const DEFAULT_INTERVAL_MS = 5_000

export interface FileChangesOptions {
  readonly files: readonly string[]
  /** Called once, with the first file whose content is another; a file that comes or goes has changed, too. */
  readonly onChange: (file: string) => void
  /** @default 5000 */
  readonly intervalMs?: number
}

/** Looks at files again and again. Contents are compared, however a change was made. */
export class FileChanges {
  readonly #options: FileChangesOptions
  #first: readonly string[] = []
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: FileChangesOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#first = await this.#digests()
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#stopped || this.#options.files.length === 0) return
    this.#timer = setTimeout(() => void this.#look(), this.#options.intervalMs ?? DEFAULT_INTERVAL_MS)
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    const now = await this.#digests()
    const index = now.findIndex((digest, at) => digest !== this.#first[at])
    const changed = this.#options.files[index]
    if (this.#stopped) return
    if (changed === undefined) this.#schedule()
    else this.#options.onChange(changed)
  }

  #digests(): Promise<string[]> {
    return Promise.all(
      this.#options.files.map((file) =>
        readFile(file).then(
          (content) => createHash('sha256').update(content).digest('hex'),
          () => 'not there',
        ),
      ),
    )
  }
}
