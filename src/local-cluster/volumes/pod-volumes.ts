import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ConfigMap, Container, Pod, Secret, Volume } from '../../apis/core/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { KubeClient } from '../../kube/index.ts'
import { AtomicFolder, type Payload } from './atomic-folder.ts'
import type { ConfigKind, ConfigObjects } from './config-objects.ts'
import { makeRootfs, type VolumePlace } from './container-rootfs.ts'
import { VolumeError } from './errors.ts'
import { setUpHostPath } from './host-path.ts'
import {
  configMapPayload,
  DEFAULT_MODE,
  downwardPayload,
  present,
  projectedPayload,
  secretPayload,
} from './payload.ts'
import { PodTokens } from './pod-tokens.ts'
import { childOf } from './within.ts'

/** Volumes that could not be written anew are tried again after so long. */
const RETRY_MS = 10_000
/** Never sooner than this, whatever the API says of tokens. */
const LEAST_WAIT_MS = 1_000

export interface PodVolumesComponents {
  readonly client: KubeClient
  readonly log: Logger
  readonly objects: ConfigObjects
}

export interface PodVolumesOptions {
  readonly pod: Pod
  /** The Pod's: what this class makes is in `volumes` and `containers` there. */
  readonly folder: string
  /** What the node has, for limits that a container does not set. @default the machine's */
  readonly allocatable?: Readonly<Record<string, string | number>>
}

/** What a volume's files are made of, by kind and name. */
type Objects = Map<string, Secret | ConfigMap | undefined>

/**
 * The volumes of one Pod as folders, and for each container the folder in which it sees them at their mount paths.
 *
 * Files of config maps, secrets, the downward API and tokens follow what they are made of, all of a volume at once; what
 * cannot be written anew stays as it was, and is tried again. Nothing here is deleted at the end: the folder belongs to whoever
 * gave it.
 */
export class PodVolumes {
  readonly #client: KubeClient
  readonly #log: Logger
  readonly #objects: ConfigObjects
  readonly #options: PodVolumesOptions
  readonly #volumes: readonly Volume[]
  readonly #tokens: PodTokens
  readonly #places = new Map<string, VolumePlace>()
  readonly #folders = new Map<string, AtomicFolder>()
  readonly #unfollow: (() => void)[] = []
  readonly #closing = new AbortController()
  #pod: Pod
  #isFollowing = false
  /** Writes one after the other, so that an older state never comes last. */
  #writing: Promise<unknown> = Promise.resolve()
  #isWriteDue = false
  #waiting: AbortController | undefined

  constructor({ client, log, objects }: PodVolumesComponents, options: PodVolumesOptions) {
    this.#client = client
    this.#log = log.child({ component: 'pod-volumes', pod: options.pod.metadata.name })
    this.#objects = objects
    this.#options = options
    this.#pod = options.pod
    this.#volumes = options.pod.spec?.volumes ?? []
    this.#tokens = new PodTokens(client)
  }

  /** What of the volumes this machine does otherwise than a cluster, for people. */
  get warnings(): readonly string[] {
    return this.#volumes.flatMap(({ name, emptyDir }) => [
      ...(emptyDir?.sizeLimit === undefined ? [] : [`volume "${name}": the sizeLimit is not enforced here`]),
      ...(emptyDir?.medium ? [`volume "${name}": it is on disk, whatever its medium says`] : []),
    ])
  }

  /**
   * Writes all volumes; what is there already stays, so that it can be called again.
   *
   * @throws VolumeError with what kubelet says
   */
  async prepare(signal: AbortSignal): Promise<void> {
    const folder = path.join(this.#options.folder, 'volumes')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(this.#options.folder, 0o700)
    await this.#inTurn(async () => {
      for (const volume of this.#volumes) {
        signal.throwIfAborted()
        try {
          this.#places.set(volume.name, await this.#setUp(volume, childOf(folder, volume.name), signal))
        } catch (cause) {
          signal.throwIfAborted()
          const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${errorMessage(cause)}`
          throw new VolumeError(message, { cause })
        }
      }
    })
  }

  /** Keeps files up to date from now on. */
  follow(): void {
    if (this.#isFollowing || this.#closing.signal.aborted) return
    this.#isFollowing = true
    const { namespace = '' } = this.#pod.metadata
    const followed = new Set<string>()
    for (const volume of this.#volumes) {
      for (const { kind, name } of referencesOf(volume)) {
        if (followed.has(idOf(kind, name))) continue
        followed.add(idOf(kind, name))
        this.#unfollow.push(this.#objects.follow(kind, namespace, name, () => this.#rewrite()))
      }
    }
    this.#planRenewal()
  }

  /** The Pod has changed: files of the downward API show its labels and annotations. */
  update(pod: Pod): void {
    const isSame = isDeepStrictEqual(offeredOf(this.#pod), offeredOf(pod))
    this.#pod = pod
    if (this.#isFollowing && !isSame && this.#volumes.some(showsPod)) this.#rewrite()
  }

  /** Resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#waiting?.abort()
    for (const unfollow of this.#unfollow.splice(0)) unfollow()
    await this.#writing
  }

  /**
   * Makes the folder that stands for the root of a container's files: empty but for its mount paths. To be called before each
   * start, since containers start with what their image has.
   *
   * @param env the container's variables, for `subPathExpr`
   * @throws VolumeError
   */
  async rootfsOf(container: Container, env: ReadonlyMap<string, string> = new Map()): Promise<string> {
    const folder = childOf(path.join(this.#options.folder, 'containers'), container.name)
    const rootfs = path.join(folder, 'rootfs')
    await makeRootfs(rootfs, container, this.#places, env)
    return rootfs
  }

  async #setUp(volume: Volume, folder: string, signal: AbortSignal): Promise<VolumePlace> {
    const { emptyDir, hostPath } = volume
    if (hostPath) return { kind: 'hostPath', path: await setUpHostPath(hostPath) }
    if (emptyDir) {
      await mkdir(folder, { recursive: true })
      await chmod(folder, 0o777)
      return { kind: 'emptyDir', path: folder }
    }
    const atomic = this.#folders.get(volume.name) ?? new AtomicFolder(folder)
    await atomic.write(await this.#payloadOf(volume, signal))
    this.#folders.set(volume.name, atomic)
    return { kind: 'projection', path: folder }
  }

  async #payloadOf(volume: Volume, signal: AbortSignal): Promise<Payload> {
    const { secret, configMap, downwardAPI, projected } = volume
    const { allocatable } = this.#options
    const objects = await this.#readObjects(volume)
    const secretNamed = (name: string) => objects.get(idOf('secret', name)) as Secret | undefined
    const configMapNamed = (name: string) => objects.get(idOf('configmap', name)) as ConfigMap | undefined
    if (secret) {
      const { secretName: name = '', optional = false, defaultMode = DEFAULT_MODE } = secret
      return secretPayload(present(secretNamed(name), 'secret', { name, optional }), secret, defaultMode)
    }
    if (configMap) {
      const found = present(configMapNamed(configMap.name ?? ''), 'configmap', configMap)
      return configMapPayload(found, configMap, configMap.defaultMode ?? DEFAULT_MODE)
    }
    if (downwardAPI) {
      const { items = [], defaultMode = DEFAULT_MODE } = downwardAPI
      return downwardPayload(this.#pod, items, defaultMode, allocatable)
    }
    if (projected) {
      const { sources = [], defaultMode = DEFAULT_MODE } = projected
      const tokens = new Map<number, string>()
      for (const [index, { serviceAccountToken }] of sources.entries()) {
        if (serviceAccountToken)
          tokens.set(index, await this.#tokens.take(this.#pod, serviceAccountToken, signal))
      }
      return projectedPayload(sources, defaultMode, {
        secret: secretNamed,
        configMap: configMapNamed,
        pod: this.#pod,
        allocatable,
        token: (index) => tokens.get(index) ?? '',
      })
    }
    const [kind = 'this kind'] = Object.keys(volume).filter((field) => field !== 'name')
    throw new VolumeError(
      `a local cluster has no volumes of ${kind}: it knows emptyDir, hostPath, configMap, secret, projected and downwardAPI`,
    )
  }

  async #readObjects(volume: Volume): Promise<Objects> {
    const { namespace = '' } = this.#pod.metadata
    const objects: Objects = new Map()
    for (const { kind, name } of referencesOf(volume)) {
      const object =
        kind === 'secret'
          ? await this.#objects.secret(namespace, name)
          : await this.#objects.configMap(namespace, name)
      objects.set(idOf(kind, name), object)
    }
    return objects
  }

  /** Once for all changes that come before it begins. */
  #rewrite(): void {
    if (this.#isWriteDue || this.#closing.signal.aborted) return
    this.#isWriteDue = true
    void this.#inTurn(async () => {
      this.#isWriteDue = false
      const failed = await this.#rewriteAll()
      this.#planRenewal(failed ? RETRY_MS : undefined)
    })
  }

  /** Returns whether any could not be written. */
  async #rewriteAll(): Promise<boolean> {
    const { signal } = this.#closing
    let failed = false
    for (const volume of this.#volumes) {
      const folder = this.#folders.get(volume.name)
      if (!folder || signal.aborted) continue
      try {
        await folder.write(await this.#payloadOf(volume, signal))
      } catch (err) {
        if (signal.aborted) return false
        failed = true
        this.#log.warn({ err, volume: volume.name }, 'volume stays as it was')
      }
    }
    return failed
  }

  /** Writes again when the first token is to be renewed, or after `retryMs`. */
  #planRenewal(retryMs = Number.POSITIVE_INFINITY): void {
    this.#waiting?.abort()
    const untilRenewalMs = this.#tokens.renewAt - this.#client.clock.now()
    const waitMs = Math.min(Math.max(untilRenewalMs, LEAST_WAIT_MS), retryMs)
    if (this.#closing.signal.aborted || waitMs === Number.POSITIVE_INFINITY) return
    this.#waiting = new AbortController()
    void this.#rewriteLater(waitMs, this.#waiting.signal)
  }

  async #rewriteLater(waitMs: number, signal: AbortSignal): Promise<void> {
    await this.#client.clock.sleep(waitMs, signal).catch(() => {}) // it rejects only when aborted
    if (!signal.aborted) this.#rewrite()
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(task)
    this.#writing = turn.catch(() => {}) // whoever asked is told
    return turn
  }
}

/** What of a Pod's fields may change while it lives, and be in a file. */
function offeredOf({ metadata, spec }: Pod): object {
  const { labels, annotations } = metadata
  const resources = spec?.containers?.map((container) => container.resources)
  return { labels, annotations, resources }
}

function showsPod({ downwardAPI, projected }: Volume): boolean {
  return downwardAPI !== undefined || (projected?.sources ?? []).some((source) => source.downwardAPI)
}

/** The objects that a volume is made of. */
function referencesOf({ secret, configMap, projected }: Volume): { kind: ConfigKind; name: string }[] {
  const ofProjections = (projected?.sources ?? []).flatMap((source) => [
    ...(source.secret ? [{ kind: 'secret' as const, name: source.secret.name ?? '' }] : []),
    ...(source.configMap ? [{ kind: 'configmap' as const, name: source.configMap.name ?? '' }] : []),
  ])
  return [
    ...(secret ? [{ kind: 'secret' as const, name: secret.secretName ?? '' }] : []),
    ...(configMap ? [{ kind: 'configmap' as const, name: configMap.name ?? '' }] : []),
    ...ofProjections,
  ].filter(({ name }) => name !== '')
}

function idOf(kind: ConfigKind, name: string): string {
  return `${kind}/${name}`
}
