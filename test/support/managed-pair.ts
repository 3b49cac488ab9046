import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { LocalClusters } from './local-clusters.ts'
import { until } from './until.ts'

const CLUSTER = 'cluster1'

/** A guard against hanging for what starts a pair: two clusters with twenty processes, on a busy machine. */
export const MANAGED_PAIR_START_MS = 120_000

/** A hub and `cluster1`, which has joined it: local clusters with all the processes of Open Cluster Management. */
export class ManagedPair {
  readonly clusters: LocalClusters

  static async start(): Promise<ManagedPair> {
    const pair = new ManagedPair(await LocalClusters.create())
    await pair.clusters.cluster('start hub cluster1 --merge')
    await pair.clusters.ok('clusteradm init --wait --context kind-hub')
    await pair.join()
    await pair.accept()
    await pair.untilAvailable()
    return pair
  }

  private constructor(clusters: LocalClusters) {
    this.clusters = clusters
  }

  hub(words: string): Promise<string> {
    return this.clusters.ok(`kubectl --context kind-hub ${words}`)
  }

  managed(words: string): Promise<string> {
    return this.clusters.ok(`kubectl --context kind-cluster1 ${words}`)
  }

  /** A field of an object on the hub, by its JSONPath; empty where it, or the object, is not there. */
  hubField(object: string, jsonPath: string): Promise<string> {
    return this.#field('kind-hub', object, jsonPath)
  }

  managedField(object: string, jsonPath: string): Promise<string> {
    return this.#field('kind-cluster1', object, jsonPath)
  }

  /** With a token that the hub has just made. */
  async join(): Promise<void> {
    const said = await this.clusters.ok('clusteradm get token --context kind-hub')
    const line = said.trimEnd().split('\n').at(-1) ?? ''
    await this.clusters.ok(`${line.replace('<cluster_name>', CLUSTER)} --context kind-cluster1`)
  }

  /** As soon as the agent has asked. */
  async accept(flags = ''): Promise<void> {
    await this.clusters.ok(`clusteradm accept --clusters ${CLUSTER} --wait --context kind-hub ${flags}`)
  }

  async untilAvailable(): Promise<void> {
    await until(
      async () => (await this.clusterCondition('ManagedClusterConditionAvailable')) === 'True',
      'the cluster is available',
    )
  }

  clusterCondition(type: string): Promise<string> {
    return this.hubField(`managedcluster ${CLUSTER}`, `{.status.conditions[?(@.type=="${type}")].status}`)
  }

  /** Makes or changes a ManifestWork. */
  async apply(name: string, manifests: readonly object[]): Promise<void> {
    const work = {
      apiVersion: 'work.open-cluster-management.io/v1',
      kind: 'ManifestWork',
      metadata: { name, namespace: CLUSTER },
      spec: { workload: { manifests } },
    }
    const file = path.join(this.clusters.home, `${name}.json`)
    await writeFile(file, JSON.stringify(work))
    await until(async () => {
      const { status, stderr } = await this.clusters.run(
        `kubectl --context kind-hub replace -f ${file} || kubectl --context kind-hub create -f ${file}`,
      )
      // What validates works may just be starting.
      if (status !== 0 && !/failed calling webhook|Terminating|being terminated/.test(stderr))
        throw new Error(stderr)
      return status === 0
    }, `the hub takes the work ${name}`)
  }

  /** Makes or changes a work of one ConfigMap of the same name, and waits until it is on the managed cluster. */
  async applied(name: string, value: string): Promise<void> {
    await this.apply(name, [configMap(name, value)])
    await this.untilConfigMap(name, value)
  }

  async untilConfigMap(name: string, value: string): Promise<void> {
    await until(
      async () => (await this.managedField(`configmap ${name}`, '{.data.value}')) === value,
      `the ConfigMap ${name} has the value ${value}`,
    )
  }

  workCondition(work: string, type: string): Promise<string> {
    return this.hubField(
      `manifestwork ${work} -n ${CLUSTER}`,
      `{.status.conditions[?(@.type=="${type}")].status}`,
    )
  }

  /** The main processes of the containers that run, of Pods whose names begin so, by their ids. */
  async processes(cluster: string, namePrefix = ''): Promise<number[]> {
    const containers = await this.#containers(cluster, namePrefix)
    return containers.filter(({ isRunning }) => isRunning).map(({ pid }) => pid)
  }

  /** Resolves once every container is ready, and none of them is one of those processes. */
  async untilAnew(cluster: string, killed: readonly number[]): Promise<void> {
    await until(async () => {
      const containers = await this.#containers(cluster)
      return containers.length > 0 && containers.every(({ ready, pid }) => ready && !killed.includes(pid))
    }, `the Pods of ${cluster} are ready again`)
  }

  /** Ends a local cluster at once, with all of its Pods, as when the machine's power is cut. */
  async kill(cluster: string): Promise<void> {
    const folder = path.join(this.clusters.env.XDG_DATA_HOME ?? '', 'cluster-proxy/local-clusters', cluster)
    process.kill(JSON.parse(await readFile(path.join(folder, 'run.json'), 'utf8')).pid, 'SIGKILL')
  }

  async dispose(): Promise<void> {
    await this.clusters.dispose()
  }

  async #containers(cluster: string, namePrefix = '') {
    const { stdout } = await this.clusters.run(`kubectl --context kind-${cluster} get pods -A -o json`)
    const { items = [] } = JSON.parse(stdout || '{}') as { items?: readonly PodLike[] }
    return items
      .filter(({ metadata }) => metadata.name.startsWith(namePrefix))
      .flatMap(({ status }) => status.containerStatuses ?? [])
      .map(({ containerID = '', ready, state }) => ({
        ready,
        isRunning: state.running !== undefined,
        pid: Number(/\d+$/.exec(containerID)?.[0]),
      }))
  }

  async #field(context: string, object: string, jsonPath: string): Promise<string> {
    const { stdout } = await this.clusters.run(
      `kubectl --context ${context} get ${object} --ignore-not-found -o 'jsonpath=${jsonPath}'`,
    )
    return stdout
  }
}

interface PodLike {
  readonly metadata: { readonly name: string }
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly containerID?: string
      readonly ready: boolean
      readonly state: { readonly running?: object }
    }[]
  }
}

export function configMap(name: string, value: string): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { value },
  }
}
