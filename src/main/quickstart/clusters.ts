import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readKubeconfig } from '../../kube/index.ts'
import { addressRanges, ClusterStore, contextName } from '../../local-cluster/clusters/index.ts'
import { mergeCluster } from '../local-cluster/merge.ts'
import { progressOf } from '../local-cluster/progress.ts'
import { EXECUTABLE } from './checkout.ts'
import { ManagedProcess } from './child-process.ts'

/** As bin/cluster-proxy gives them to a control plane. */
const HEAP_FLAGS = ['--max-semi-space-size=8', '--initial-heap-size=64', '--liftoff-only']

/** The images of the samples that people paste: what stands for them is on this machine. */
const IMAGE_FLAGS = ['--host-image=busybox', '--web-image=nginx']

/** How to reach a cluster's API server from where its agent is. */
export interface ClusterEndpoint {
  readonly name: string
  /** An address of this machine that only this cluster has. */
  readonly host: string
  readonly port: number
  /** Of the CA whose certificate it shows, which is good for the cluster's name, too. */
  readonly caFile: string
}

/** Whole clusters, each a process that ends with this one. */
export class QuickstartClusters {
  readonly #dir: string
  readonly #store: ClusterStore

  /** @param dir for clusters, logs and a kubeconfig */
  constructor(dir: string) {
    this.#dir = dir
    this.#store = new ClusterStore(path.join(dir, 'clusters'))
  }

  /** One for kubectl, with the contexts of all clusters. */
  get kubeconfig(): string {
    return path.join(this.#dir, 'kubeconfig')
  }

  /** The command line of a cluster's process. */
  argumentsFor(name: string): string[] {
    return ['local-cluster', 'run', name, `--data-dir=${this.#store.folder}`, ...IMAGE_FLAGS]
  }

  start(name: string): ManagedProcess {
    return new ManagedProcess(name, this.argumentsFor(name), {
      executable: EXECUTABLE,
      logDir: this.#dir,
      nodeFlags: HEAP_FLAGS,
      progress: true,
    })
  }

  /** Resolves when the cluster can be used. Rejects when it says that it failed; who ends without a word is not noticed here. */
  async ready({ progress }: ManagedProcess, signal: AbortSignal): Promise<void> {
    if (!progress) return
    for await (const said of progressOf(progress, signal)) {
      if ('failed' in said) throw new Error(said.failed)
      if ('ready' in said) return
    }
    await new Promise(() => {})
  }

  /** Puts the contexts of all into the kubeconfig; that of the first is the current one. */
  async merge(names: readonly string[]): Promise<void> {
    for (const name of names.toReversed())
      await mergeCluster(this.#store, await this.#store.get(name), this.kubeconfig)
  }

  async endpointOf(name: string): Promise<ClusterEndpoint> {
    const { facts, folder } = await this.#store.get(name)
    const caFile = path.join(this.#dir, `${name}-ca.crt`)
    const { tls } = await readKubeconfig([path.join(folder, 'admin.kubeconfig')])
    await writeFile(caFile, String(tls.ca))
    return { name, host: addressRanges(facts.slot).node, port: facts.port, caFile }
  }

  contextOf(name: string): string {
    return contextName(name)
  }
}
