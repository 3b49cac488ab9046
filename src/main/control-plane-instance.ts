import { isIP } from 'node:net'
import path from 'node:path'
import { joinHostPort } from '../common/listen.ts'
import type { Logger } from '../common/log.ts'
// What a start begins with; all else is loaded while credentials are made and the journal is read.
import { ControlPlaneCredentials } from '../controlplane/credentials/index.ts'
import type { ControlPlane } from '../controlplane/index.ts'
import { DataDirectory } from '../controlplane/server/data-directory.ts'
import type { Journal } from '../controlplane/storage/journal.ts'
import { MemoryJournal } from '../controlplane/storage/memory-journal.ts'
import { SqliteJournal } from '../controlplane/storage/sqlite-journal.ts'
import type { ControlPlaneControllers } from './controlplane-controllers.ts'
import { settleHeapSoon } from './settle-heap.ts'
import { RELEASE } from './version.ts'

const CLOCK = { now: Date.now }

/** What every certificate of a control plane is good for, as those of a kube-apiserver. */
const SERVICE_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
]
const LOOPBACK = ['127.0.0.1', '::1']

export interface ControlPlaneInstanceOptions {
  readonly dataDir: string
  readonly storage: 'sqlite' | 'memory:'
  /** What to listen on. */
  readonly host: string
  readonly port: number
  /** The flags that they come from, for errors. */
  readonly flag: string
  readonly hostFlag: string
  /** Where clients reach it. */
  readonly externalHost: string
  /** More that the certificate is good for: names or addresses. */
  readonly names?: readonly string[]
  /** Of the cluster in the kubeconfig. */
  readonly clusterName?: string
  readonly serviceCidrs: readonly string[]
  /** As in ControlPlaneOptions. */
  readonly loopbackEndpoints?: boolean
  /** As `--controllers`. */
  readonly controllers: readonly string[]
}

/** An API server in this process, with its data directory, its storage and its controllers. */
export class ControlPlaneInstance {
  readonly controlPlane: ControlPlane
  readonly kubeconfigFile: string
  /** Where clients reach it, such as `127.0.0.1:6443`. */
  readonly address: string
  readonly #log: Logger
  readonly #directory: DataDirectory
  readonly #credentials: ControlPlaneCredentials
  readonly #journal: Journal
  readonly #options: ControlPlaneInstanceOptions
  #controllers: ControlPlaneControllers | undefined

  /**
   * Takes the data directory, and opens what is in it.
   *
   * @throws ConfigError, StorageError
   */
  static async open(log: Logger, options: ControlPlaneInstanceOptions): Promise<ControlPlaneInstance> {
    const { dataDir, externalHost, port, names = [] } = options
    const address = joinHostPort(externalHost, port)
    const all = [externalHost, ...names]
    const directory = await DataDirectory.take(dataDir)
    const credentials = ControlPlaneCredentials.open(dataDir, {
      ...(options.clusterName !== undefined && { clusterName: options.clusterName }),
      server: `https://${address}`,
      names: {
        dnsNames: [...new Set([...SERVICE_NAMES, ...all.filter((each) => isIP(each) === 0)])],
        ipAddresses: [...new Set([...LOOPBACK, ...all.filter((each) => isIP(each) !== 0)])],
      },
      clock: CLOCK,
    })
    const journal: Journal =
      options.storage === 'sqlite'
        ? new SqliteJournal({ file: path.join(dataDir, 'controlplane.db') })
        : new MemoryJournal()
    journal.open().catch(() => {}) // it is opened once; whoever reads it hears of what is wrong
    credentials.catch(() => {})
    const { ControlPlane } = await import('../controlplane/index.ts')
    const controlPlane = await ControlPlane.open(
      { log, journal, credentials, clock: CLOCK },
      { ...options, address, release: RELEASE },
    )
    const parts = { controlPlane, directory, journal, credentials: await credentials }
    return new ControlPlaneInstance(log, parts, options, address)
  }

  private constructor(
    log: Logger,
    parts: {
      readonly controlPlane: ControlPlane
      readonly directory: DataDirectory
      readonly journal: Journal
      readonly credentials: ControlPlaneCredentials
    },
    options: ControlPlaneInstanceOptions,
    address: string,
  ) {
    this.#log = log
    this.controlPlane = parts.controlPlane
    this.#directory = parts.directory
    this.#journal = parts.journal
    this.#credentials = parts.credentials
    this.kubeconfigFile = parts.credentials.kubeconfigFile
    this.address = address
    this.#options = options
  }

  /** Resolves, if ever, with what has gone wrong with the storage: nothing works any more. */
  get broken(): Promise<Error> | undefined {
    return this.#journal.broken
  }

  /** By whom the API's certificate is issued, in PEM. */
  get caPem(): string {
    return this.#credentials.authority.certificatePem
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    await this.controlPlane.start()
    this.#log.info({ address: this.address }, 'ready')
  }

  async startControllers(): Promise<void> {
    const { ControlPlaneControllers } = await import('./controlplane-controllers.ts')
    const { authority } = this.#credentials
    const { controllers } = this.#options
    this.#controllers = new ControlPlaneControllers(
      { log: this.#log, controlPlane: this.controlPlane, authority },
      { controllers },
    )
    await this.#controllers.start()
    settleHeapSoon()
  }

  async stop(): Promise<void> {
    await this.#controllers?.stop()
    await this.controlPlane.stop()
    this.#directory.release()
  }
}
