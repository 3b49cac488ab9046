import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { silentLogger } from '../../src/common/log.ts'
import {
  ControlPlane,
  ControlPlaneCredentials,
  MemoryJournal,
  type PodRuntime,
  SqliteJournal,
} from '../../src/controlplane/index.ts'
import { readKubeconfig } from '../../src/kube/access/kubeconfig.ts'
import type { ClusterTls } from '../../src/kube/index.ts'
import { CertificateAuthority, type KeyedCertificate, type WallClock } from '../../src/pki/index.ts'
import { ApiClient } from './api-client.ts'

export const STORAGES = ['memory', 'sqlite'] as const
export type Storage = (typeof STORAGES)[number]

const CLOCK = { now: Date.now }
const HOST = '127.0.0.1'

interface Credentials {
  readonly opened: ControlPlaneCredentials
  /** The administrator's. */
  readonly tls: ClusterTls
}

/** Keys take their time to make: those of one test file are the same. */
let credentials: Promise<Credentials> | undefined

/** A control plane in this process on a port of its own, and clients for it. */
export class TestControlPlane {
  readonly url: URL
  /** Of `system:masters`, by a client certificate. */
  readonly admin: ApiClient
  readonly anonymous: ApiClient
  readonly tls: ClusterTls
  readonly #controlPlane: ControlPlane
  readonly #directory: string
  readonly #clients: ApiClient[] = []
  readonly #authority: KeyedCertificate

  static async start(storage: Storage = 'memory', clock: WallClock = CLOCK): Promise<TestControlPlane> {
    credentials ??= makeCredentials()
    const { opened, tls } = await credentials
    const directory = await mkdtemp(path.join(os.tmpdir(), 'control-plane-'))
    const file = path.join(directory, 'controlplane.db')
    const journal = storage === 'sqlite' ? new SqliteJournal({ file }) : new MemoryJournal()
    const controlPlane = await ControlPlane.open(
      { log: silentLogger, journal, credentials: opened, clock },
      {
        host: HOST,
        port: 0,
        flag: '--secure-port',
        address: `${HOST}:6443`,
        serviceCidrs: ['10.96.0.0/16'],
        release: '0.0.0',
      },
    )
    await controlPlane.start()
    return new TestControlPlane(controlPlane, tls, directory, opened.authority)
  }

  private constructor(
    controlPlane: ControlPlane,
    tls: ClusterTls,
    directory: string,
    authority: KeyedCertificate,
  ) {
    this.#authority = authority
    this.#controlPlane = controlPlane
    this.#directory = directory
    this.tls = tls
    this.url = new URL(`https://${HOST}:${controlPlane.port}`)
    this.admin = this.#client(tls)
    this.anonymous = this.#client(withoutIdentity(tls))
  }

  /** A client of whoever the token is for. */
  bearer(token: string): ApiClient {
    return this.#client(withoutIdentity(this.tls), { authorization: `Bearer ${token}` })
  }

  /** The administrator, who acts for somebody else. */
  impersonating(user: string, groups: string[] = []): ApiClient {
    return this.#client(this.tls, { 'impersonate-user': user, 'impersonate-group': groups })
  }

  /** What signs certificates that the control plane trusts, as if it were another time. */
  authority(clock: WallClock = CLOCK): CertificateAuthority {
    return CertificateAuthority.load(this.#authority, { clock })
  }

  /** What runs the pods from now on. */
  usePods(pods: PodRuntime | undefined): void {
    this.#controlPlane.usePods(pods)
  }

  /** Stops serving; the clients keep what they have open. */
  stop(): Promise<void> {
    return this.#controlPlane.stop()
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }

  #client(tls: ClusterTls, headers: Record<string, string | string[]> = {}): ApiClient {
    const client = new ApiClient(this.url, tls, headers)
    this.#clients.push(client)
    return client
  }
}

export function withoutIdentity({ cert: _cert, key: _key, ...tls }: ClusterTls): ClusterTls {
  return tls
}

async function makeCredentials(): Promise<Credentials> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'control-plane-credentials-'))
  try {
    const opened = await ControlPlaneCredentials.open(directory, {
      server: `https://${HOST}:6443`,
      names: { dnsNames: ['localhost'], ipAddresses: [HOST] },
      clock: CLOCK,
    })
    const { tls } = await readKubeconfig([opened.kubeconfigFile])
    return { opened, tls }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
