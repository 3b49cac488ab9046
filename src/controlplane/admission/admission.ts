import type { JsonObject } from '../api/json.ts'
import type { User } from '../rbac/index.ts'
import type { KubeObject } from '../registry/index.ts'

export interface ObjectKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** A write, or a connection, that is about to be carried out. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  /** Empty where the server is to make one. */
  readonly name: string
  /** Of the object where it is not that of the resource, such as the Scale of a Deployment. */
  readonly objectKind?: ObjectKind | undefined
  /** As it will be, in the version of the request; undefined for a deletion. */
  readonly object: KubeObject | undefined
  /** As it is; undefined for what is new. */
  readonly oldObject: KubeObject | undefined
  readonly user: User
  readonly dryRun: boolean
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions. */
  readonly options: JsonObject
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** Becomes a `Warning` header of the answer. */
  warn(message: string): void
  /** Calls back once the write has been carried out, or will not be. */
  afterwards(callback: () => void): void
}

/**
 * The times that plugins are asked about one request. What somebody else has changed in the first round may be of interest to those
 * who were asked before, so then there is a second, which is the last.
 */
export class AdmissionRounds {
  /** What plugins remember of the round before. */
  readonly memory = new Map<object, unknown>()
  #isSecond = false
  #isSecondWanted = false

  get isSecond(): boolean {
    return this.#isSecond
  }

  /** The object has been changed by somebody whom the other plugins know nothing of. */
  wantSecond(): void {
    this.#isSecondWanted = true
  }

  /** Whether there is another round, which begins with this. */
  begin(): boolean {
    if (this.#isSecond || !this.#isSecondWanted) return false
    this.#isSecond = true
    return true
  }
}

/** Looks at what is about to be written: may change it, then may refuse it. */
export interface AdmissionPlugin {
  /**
   * What becomes of the object; undefined leaves it as it is. Throws a StatusError to refuse it. Of one request it may be asked in
   * two rounds.
   */
  mutate?(
    request: AdmissionRequest,
    rounds: AdmissionRounds,
  ): KubeObject | undefined | Promise<KubeObject | undefined>
  /** Throws a StatusError to refuse it. */
  validate?(request: AdmissionRequest): void | Promise<void>
}

/**
 * All plugins in their order: each may change what those before it have left. All judge what has become of that by the rules of its
 * kind, right before it is written.
 */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[]

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins
  }

  /**
   * The request with the object as the plugins want it.
   *
   * @throws StatusError
   */
  async mutate(request: AdmissionRequest): Promise<AdmissionRequest> {
    const rounds = new AdmissionRounds()
    const admitted = await this.#mutate(request, rounds)
    return rounds.begin() ? this.#mutate(admitted, rounds) : admitted
  }

  /** @throws StatusError when somebody does not want it */
  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#plugins) await plugin.validate?.(request)
  }

  /**
   * Both at once, for what no rules come between, such as a deletion. The object as it is admitted; that of a deletion is undefined.
   *
   * @throws StatusError
   */
  async admit(request: AdmissionRequest): Promise<KubeObject | undefined> {
    const admitted = await this.mutate(request)
    await this.validate(admitted)
    return admitted.object
  }

  async #mutate(request: AdmissionRequest, rounds: AdmissionRounds): Promise<AdmissionRequest> {
    let admitted = request
    for (const plugin of this.#plugins) {
      const object = await plugin.mutate?.(admitted, rounds)
      if (object) admitted = { ...admitted, object }
    }
    return admitted
  }
}
