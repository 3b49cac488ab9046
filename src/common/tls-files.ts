import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { certificatesOfBundle } from './ca-bundle.ts'
import { ConfigError, errorMessage } from './errors.ts'
import type { Logger } from './log.ts'

const DEFAULT_POLL_INTERVAL_MS = 5_000
const DAY_MS = 86_400_000

/** A certificate that expires sooner is worth a warning each time it is loaded. */
const EXPIRES_SOON_DAYS = 7

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

/** Paths may be empty: that part is then not used. */
export interface TlsFilesOptions {
  /** Whose files they are, as their flags begin: `server`, `cluster`, `agent`. */
  readonly name: string
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
  /** How often to look for changes. @default 5000 */
  readonly pollIntervalMs?: number
}

interface FileTexts {
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly ca: string | undefined
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
  #seen: FileTexts | undefined
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
    const texts = await this.#read()
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
      const texts = await this.#read()
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

  async #read(): Promise<FileTexts> {
    const { certFile, keyFile, caFile } = this.#options
    const [cert, key, ca] = await Promise.all([certFile, keyFile, caFile].map(readIfGiven))
    return { cert, key, ca }
  }

  #accept(texts: FileTexts): void {
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
    const fields = { name, file: this.#options.certFile, subject: certificate.subject, daysToExpiry }
    if (daysToExpiry < 0) this.#log.warn(fields, 'certificate has expired')
    else if (daysToExpiry < EXPIRES_SOON_DAYS) this.#log.warn(fields, 'certificate expires soon')
    else this.#log.info(fields, 'certificate loaded')
  }
}

async function readIfGiven(path: string): Promise<string | undefined> {
  if (path === '') return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigError(
      `cannot read ${path}: ${errorMessage(error)}; check that it exists and may be read`,
      {
        cause: error,
      },
    )
  }
}

function verifyPair(
  { cert, key }: FileTexts,
  certFile: string,
  keyFile: string,
): X509Certificate | undefined {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) {
    throw new ConfigError(
      `${cert === undefined ? keyFile : certFile} is half of a pair: give a certificate and its key`,
    )
  }
  const certificate = readCertificate(cert, certFile)
  if (!certificate.checkPrivateKey(readPrivateKey(key, keyFile))) {
    throw new ConfigError(
      `the private key in ${keyFile} does not belong to the certificate in ${certFile}; give the key that the certificate was made for`,
    )
  }
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new ConfigError(
      `TLS refuses the certificate in ${certFile}: ${errorMessage(error)}; check the whole chain in that file`,
      { cause: error },
    )
  }
  return certificate
}

function readCertificate(text: string, file: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch (error) {
    throw new ConfigError(
      `${file} holds no readable certificate; a PEM file with a CERTIFICATE block is needed`,
      {
        cause: error,
      },
    )
  }
}

/** The cause is left out: OpenSSL's words say nothing more, and no part of a key may come near a log. */
function readPrivateKey(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    throw new ConfigError(
      `${file} holds no readable private key; an unencrypted PEM file with a PRIVATE KEY block is needed`,
    )
  }
}

function verifyBundle(text: string, file: string): string {
  try {
    return certificatesOfBundle(text).join('')
  } catch (error) {
    throw new ConfigError(
      `cannot use the CAs in ${file}: ${errorMessage(error)}; a PEM file with the CAs' certificates is needed`,
      { cause: error },
    )
  }
}

function sameTexts(one: FileTexts, other: FileTexts | undefined): boolean {
  return one.cert === other?.cert && one.key === other?.key && one.ca === other?.ca
}
