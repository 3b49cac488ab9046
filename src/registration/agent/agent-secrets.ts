import type { Secret } from '../../apis/core/v1.ts'
import { SECRETS } from '../../apis/resources.ts'
import type { Logger } from '../../common/log.ts'
import { type Clock, Informer, type KubeClient } from '../../kube/index.ts'
import { writeSecretFiles } from './credential-directory.ts'
import { HubCredentials } from './hub-credentials.ts'
import { KUBECONFIG_KEY } from './hub-kubeconfig.ts'
import type { RegistrationAgentOptions } from './options.ts'
import { secretText } from './secret-data.ts'

export interface AgentSecretsComponents {
  readonly management: KubeClient
  readonly clock: Clock
  readonly log: Logger
  /** The kubeconfig with which to ask for credentials is another one. */
  onBootstrap(): void
  /** There are other credentials. */
  onCredentials(): void
  /** Whether what is in the Secret is to be taken over; it may be spoiled. */
  isWelcome(secret: Secret | undefined): Promise<boolean>
}

/** An agent's two Secrets: what it introduces itself with, and what it got. The latter it also keeps in memory, and as files. */
export class AgentSecrets {
  readonly credentials = new HubCredentials()
  readonly #components: AgentSecretsComponents
  readonly #hubKubeconfigDir: string | undefined
  readonly #informers: readonly Informer<Secret>[]
  #bootstrap: Secret | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(
    components: AgentSecretsComponents,
    options: Pick<
      RegistrationAgentOptions,
      'namespace' | 'bootstrapSecret' | 'hubSecret' | 'hubKubeconfigDir'
    >,
  ) {
    this.#components = components
    this.#hubKubeconfigDir = options.hubKubeconfigDir
    const watch = (name: string, onChange: (secret: Secret | undefined) => void) =>
      this.#watch({ namespace: options.namespace, name }, onChange)
    this.#informers = [
      watch(options.bootstrapSecret, (secret) => this.#onBootstrap(secret)),
      watch(options.hubSecret, (secret) => this.takeOver(secret)),
    ]
  }

  /** The Secret with the bootstrap kubeconfig, if it is there. */
  get bootstrap(): Secret | undefined {
    return this.#bootstrap
  }

  /** Resolves when both have been looked for. */
  async start(signal: AbortSignal): Promise<void> {
    for (const informer of this.#informers) informer.start()
    for (const informer of this.#informers) await informer.waitForSync(signal)
    await this.written()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.stop()))
    await this.written()
  }

  /** Resolves when what has been taken over is in its files. */
  written(): Promise<void> {
    return this.#writing
  }

  /** In the order of the calls. */
  takeOver(secret: Secret | undefined): void {
    const { log } = this.#components
    this.#writing = this.#writing
      .then(() => this.#takeOver(secret))
      .catch((err: unknown) => log.error({ err }, 'cannot take over the credentials for the hub'))
  }

  async #takeOver(secret: Secret | undefined): Promise<void> {
    const { isWelcome, onCredentials } = this.#components
    if (!(await isWelcome(secret))) return
    if (!this.credentials.update(secret)) return
    if (this.#hubKubeconfigDir !== undefined && secret) await writeSecretFiles(this.#hubKubeconfigDir, secret)
    onCredentials()
  }

  #onBootstrap(secret: Secret | undefined): void {
    const hasChanged = secretText(secret, KUBECONFIG_KEY) !== secretText(this.#bootstrap, KUBECONFIG_KEY)
    this.#bootstrap = secret
    if (hasChanged) this.#components.onBootstrap()
  }

  #watch(
    { namespace, name }: { readonly namespace: string; readonly name: string },
    onChange: (secret: Secret | undefined) => void,
  ): Informer<Secret> {
    const { management, clock, log } = this.#components
    const informer = new Informer<Secret>(
      { resource: management.resource<Secret>(SECRETS), clock, log },
      { namespace, fieldSelector: `metadata.name=${name}` },
    )
    informer.addHandler({
      onAdd: onChange,
      onUpdate: (_, secret) => onChange(secret),
      onDelete: () => onChange(undefined),
    })
    return informer
  }
}
