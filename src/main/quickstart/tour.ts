import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AVAILABLE_CONDITION } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { PODS } from '../../apis/resources.ts'
import { findAccess, isConditionTrue, KubeClient, waitForObject } from '../../kube/index.ts'
import { writePrivateFile } from '../../pki/index.ts'
import type { QuickstartClusters } from './clusters.ts'
import { objectTable } from './object-table.ts'
import type { Terminal } from './terminal.ts'

const WORK = 'mw-01'

/** The Pod of the getting-started documents, which says hello. */
const HELLO = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'hello', namespace: 'default' },
  spec: {
    containers: [
      { name: 'hello', image: 'busybox', command: ['sh', '-c', 'echo "Hello, Kubernetes!" && sleep 3600'] },
    ],
    restartPolicy: 'OnFailure',
  },
}

export interface TourComponents {
  readonly terminal: Terminal
  readonly clusters: QuickstartClusters
  /** For what the tour writes. */
  readonly dir: string
}

/** What somebody does who begins with Open Cluster Management, step by step. */
export class Tour {
  readonly #terminal: Terminal
  readonly #clusters: QuickstartClusters
  readonly #dir: string
  readonly #signal: AbortSignal

  constructor({ terminal, clusters, dir }: TourComponents, signal: AbortSignal) {
    this.#terminal = terminal
    this.#clusters = clusters
    this.#dir = dir
    this.#signal = signal
  }

  /** Puts the control plane of Open Cluster Management onto the hub. */
  async startControlPlane(hub: string): Promise<void> {
    await this.#clusteradm('init', '--wait', ...this.#on(hub))
  }

  /** Has clusters ask to be managed, says yes, and waits until they are. */
  async join(hub: string, names: readonly string[]): Promise<void> {
    const { token, server } = await this.#invitation(hub)
    const { caFile } = await this.#clusters.endpointOf(hub)
    const tokenFile = path.join(this.#dir, 'hub-token')
    await writePrivateFile(tokenFile, token)
    const join = (name: string) => ({
      program: 'clusteradm',
      args: [
        'join',
        `--hub-token-file=${tokenFile}`,
        `--hub-apiserver=${server}`,
        `--ca-file=${caFile}`,
        `--cluster-name=${name}`,
        '--wait',
        ...this.#on(name),
      ],
    })
    await this.#terminal.runTogether(names.map(join), this.#signal)
    await this.#clusteradm('accept', `--clusters=${names.join(',')}`, '--wait', ...this.#on(hub))
    await this.#asking(hub, async (client) => {
      await Promise.all(names.map((name) => this.#untilAvailable(client, name)))
      this.#terminal.show(`kubectl --context ${this.#clusters.contextOf(hub)} get managedclusters`)
      const { group, version, plural } = MANAGED_CLUSTERS
      this.#terminal.answer(await objectTable(client, `/apis/${group}/${version}/${plural}`, this.#signal))
    })
  }

  /** Has a Pod run on a cluster by what is created on the hub. */
  async deliverWork(hub: string, cluster: string): Promise<void> {
    const file = path.join(this.#dir, 'hello.json')
    await writeFile(file, `${JSON.stringify(HELLO, undefined, 2)}\n`)
    await this.#clusteradm('create', 'work', WORK, '-f', file, `--clusters=${cluster}`, ...this.#on(hub))
    await this.#asking(cluster, async (client) => {
      const isRunning = ({ status }: Pod) =>
        status?.containerStatuses?.every(({ ready }) => ready === true) ?? false
      await waitForObject(client, PODS, HELLO.metadata, isRunning, this.#signal)
      this.#terminal.show(`kubectl --context ${this.#clusters.contextOf(cluster)} get pods`)
      this.#terminal.answer(await objectTable(client, '/api/v1/namespaces/default/pods', this.#signal))
    })
  }

  async #invitation(hub: string): Promise<{ readonly token: string; readonly server: string }> {
    const answer = await this.#terminal.ask(
      { program: 'clusteradm', args: ['get', 'token', '-o', 'json', ...this.#on(hub)] },
      this.#signal,
    )
    const { 'hub-token': token, 'hub-apiserver': server } = JSON.parse(answer) as Record<string, string>
    return { token: token ?? '', server: server ?? '' }
  }

  async #untilAvailable(client: KubeClient, name: string): Promise<void> {
    const isAvailable = ({ status }: ManagedCluster) =>
      isConditionTrue(status?.conditions, AVAILABLE_CONDITION)
    await waitForObject(client, MANAGED_CLUSTERS, { name }, isAvailable, this.#signal)
  }

  async #asking(cluster: string, use: (client: KubeClient) => Promise<void>): Promise<void> {
    const access = { env: process.env, kubeconfig: this.#clusters.kubeconfig }
    const context = this.#clusters.contextOf(cluster)
    const client = new KubeClient({ readAccess: findAccess({ ...access, context }) })
    try {
      await use(client)
    } finally {
      await client.stop()
    }
  }

  #clusteradm(...args: string[]): Promise<void> {
    return this.#terminal.run({ program: 'clusteradm', args }, this.#signal)
  }

  #on(cluster: string): string[] {
    return ['--context', this.#clusters.contextOf(cluster)]
  }
}
