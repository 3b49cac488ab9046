import type { KubeObject } from '../../apis/meta/v1.ts'
import type { Logger } from '../../common/log.ts'
import { Informer, type KubeClient } from '../../kube/index.ts'

const CUSTOM_RESOURCE_DEFINITIONS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
} as const

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** Tells when the managed cluster gets to know another kind of object. Watches only as long as somebody waits for one. */
export class KindWatch {
  readonly #client: KubeClient
  readonly #log: Logger
  readonly #onKind: () => void
  #informer: Informer<Definition> | undefined

  constructor(client: KubeClient, log: Logger, onKind: () => void) {
    this.#client = client
    this.#log = log
    this.#onKind = onKind
  }

  /** Watches or does not, from now on. */
  set(isNeeded: boolean): void {
    if (isNeeded === (this.#informer !== undefined)) return
    if (isNeeded) this.#start()
    else void this.stop()
  }

  async stop(): Promise<void> {
    const informer = this.#informer
    this.#informer = undefined
    await informer?.stop()
  }

  #start(): void {
    const informer = new Informer<Definition>(
      {
        resource: this.#client.resource<Definition>(CUSTOM_RESOURCE_DEFINITIONS),
        clock: this.#client.clock,
        log: this.#log,
      },
      { transform: withoutSchema },
    )
    this.#informer = informer
    const isEstablished = ({ status }: Definition) =>
      status?.conditions?.some(({ type, status: each }) => type === 'Established' && each === 'True') === true
    informer.addHandler({
      onAdd: (definition, { isInInitialList }) => {
        if (!isInInitialList && isEstablished(definition)) this.#onKind()
      },
      onUpdate: (previous, definition) => {
        if (isEstablished(definition) && !isEstablished(previous)) this.#onKind()
      },
    })
    informer.start()
  }
}

function withoutSchema({ metadata, status }: Definition): Definition {
  const { name = '', uid = '', resourceVersion = '' } = metadata
  return {
    metadata: { name, uid, resourceVersion },
    ...(status?.conditions && { status: { conditions: status.conditions } }),
  }
}
