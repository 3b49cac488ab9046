import type { X509Certificate } from 'node:crypto'
import { errorMessage } from './errors.ts'
import type { Logger } from './log.ts'
import {
  readTlsTexts,
  sameTexts,
  type TlsPaths,
  type TlsTexts,
  verifyBundle,
  verifyPair,
} from './tls-texts.ts'

const DEFAULT_POLL_INTERVAL_MS = 5_000
const DAY_MS = 86_400_000

/** A certificate that expires sooner is worth a warning each time it is loaded. */
const EXPIRES_SOON_DAYS = 7
const RENEW = 'replace the file and its key: they are read again without a restart'

/** What a TLS endpoint needs, as options of Node's TLS. Parts whose file was not given are absent. */
export interface TlsMaterial {
  readonly cert?: string
  readonly key?: string
  /** All CA certificates, in one PEM text. */
  readonly ca?: string
  /** When the certificate expires, in ms since the epoch. */
  readonly expiresAt?: number
}

export interface TlsFilesComponents {
  readonly log: Logger
  /** The time in ms since the epoch. @default Date.now */
  readonly now?: () => number
}

export interface TlsFilesOptions extends TlsPaths {
  /** Whose files they are, as their flags begin: `server`, `cluster`, `agent`. */
  readonly name: string
  /** How often to look for changes. @default 5000 */
  readonly pollIntervalMs?: number
}

type ChangeListener = (material: TlsMaterial) => void

/**
 * A certificate, its key and a CA bundle that are read again when they change on disk. Contents are compared, not file times,
 * so that it does not matter how a change is made: written in place, renamed, or by Kubernetes' swap of symbolic links.
 *
 * Invariant: what `current` returns has been verified; files that make no sense, such as a pair that is only half written, leave
 * it as it was.
 */
export class TlsFiles {
  readonly #log: Logger
  readonly #now: () => number
  readonly #options: TlsFilesOptions
  readonly #listeners = new Set<ChangeListener>()
  #material: TlsMaterial | undefined
  /** What was read last, also if it was refused. */
  #seen: TlsTexts | undefined
  /** Why the files are not usable just now. A mistake is reported once, not at every look. */
  #complaint: string | undefined
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(components: TlsFilesComponents, options: TlsFilesOptions) {
    this.#log = components.log.child({ component: 'tls-files', certificate: options.name })
    this.#now = components.now ?? Date.now
    this.#options = options
  }

  /** Loads the files and begins to watch them. Rejects with a ConfigError that names the file and the cure. */
  async start(): Promise<TlsMaterial> {
    const texts = await readTlsTexts(this.#options)
    this.#accept(texts)
    this.#scheduleCheck()
    return this.current
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  /** What is to be used now. */
  get current(): TlsMaterial {
    if (!this.#material) throw new Error('TLS files are used before they are started')
    return this.#material
  }

  /** Calls `listener` after each change, with material that has been verified. Returns how to end that. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Looks at the files now, rather than when it is time. Never rejects. */
  async checkForChange(): Promise<void> {
    try {
      const texts = await readTlsTexts(this.#options)
      if (this.#stopped || (sameTexts(texts, this.#seen) && this.#complaint === undefined)) return
      this.#accept(texts)
      this.#complaint = undefined
    } catch (err) {
      if (errorMessage(err) === this.#complaint) return
      this.#complaint = errorMessage(err)
      this.#log.warn({ err }, 'changed TLS files are not usable, keeping the previous ones')
      return
    }
    for (const listener of this.#listeners) listener(this.current)
  }

  #scheduleCheck(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(async () => {
      await this.checkForChange()
      this.#scheduleCheck()
    }, this.#options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS)
    this.#timer.unref()
  }

  #accept(texts: TlsTexts): void {
    this.#seen = texts
    const { name, certFile, keyFile, caFile } = this.#options
    const certificate = verifyPair(texts, certFile, keyFile)
    const ca = texts.ca === undefined ? undefined : verifyBundle(texts.ca, caFile)
    this.#material = {
      ...(texts.cert !== undefined && { cert: texts.cert }),
      ...(texts.key !== undefined && { key: texts.key }),
      ...(ca !== undefined && { ca }),
      ...(certificate && { expiresAt: certificate.validToDate.getTime() }),
    }
    if (certificate) this.#logCertificate(certificate, name)
  }

  #logCertificate(certificate: X509Certificate, name: string): void {
    const daysToExpiry = Math.floor((certificate.validToDate.getTime() - this.#now()) / DAY_MS)
    const fields = {
      name,
      flag: `--${name}-cert`,
      file: this.#options.certFile,
      subject: certificate.subject,
      daysToExpiry,
    }
    if (daysToExpiry < 0) this.#log.warn(fields, `certificate has expired, ${RENEW}`)
    else if (daysToExpiry < EXPIRES_SOON_DAYS) this.#log.warn(fields, `certificate expires soon, ${RENEW}`)
    else this.#log.info(fields, 'certificate loaded')
  }
}
