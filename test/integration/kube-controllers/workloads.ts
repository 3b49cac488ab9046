import { FakeKubelet, type FakeKubeletOptions } from '../../support/fake-kubelet.ts'
import { type AnyObject, ControllersBench } from './controllers-bench.ts'

export const PODS = { group: '', version: 'v1', plural: 'pods', namespaced: true }
export const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true }
export const REPLICA_SETS = { group: 'apps', version: 'v1', plural: 'replicasets', namespaced: true }
export const JOBS = { group: 'batch', version: 'v1', plural: 'jobs', namespaced: true }

const WORKLOADS = [
  'deployment-controller',
  'replicaset-controller',
  'job-controller',
  'ttl-after-finished-controller',
]

/** A bench of controllers with a node that says of all pods that they run. */
export class WorkloadsBench {
  readonly bench: ControllersBench
  readonly kubelet: FakeKubelet

  static async start(options: FakeKubeletOptions = {}): Promise<WorkloadsBench> {
    const bench = await ControllersBench.start(['*', ...WORKLOADS])
    return new WorkloadsBench(bench, new FakeKubelet(bench.client, options))
  }

  private constructor(bench: ControllersBench, kubelet: FakeKubelet) {
    this.bench = bench
    this.kubelet = kubelet
  }

  async close(): Promise<void> {
    await this.kubelet.stop()
    await this.bench.close()
  }

  /** A namespace with its account, without which there are no pods. */
  async namespace(name: string): Promise<void> {
    await this.bench.createNamespace(name)
    const accounts = { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true }
    await this.bench.until(accounts, { namespace: name }, (objects) => objects.has(`${name}/default`))
  }

  /** Waits until one object is as it should be. */
  async untilObject(
    definition: typeof PODS,
    key: string,
    isAsWanted: (object: AnyObject) => boolean,
  ): Promise<AnyObject> {
    const [namespace = '', name = ''] = key.split('/')
    const selection = { namespace, fieldSelector: `metadata.name=${name}` }
    const objects = await this.bench.until(definition, selection, (found) => {
      const object = found.get(key)
      return object !== undefined && isAsWanted(object)
    })
    return objects.get(key) as AnyObject
  }

  async list(definition: typeof PODS, namespace: string): Promise<readonly AnyObject[]> {
    return (await this.bench.resource(definition).list({ namespace })).items
  }

  /** Notes of the Events that are about the object, by their reason. */
  async untilEvents(namespace: string, name: string, ...notes: string[]): Promise<readonly AnyObject[]> {
    const definition = { group: 'events.k8s.io', version: 'v1', plural: 'events', namespaced: true }
    const objects = await this.bench.until(definition, { namespace }, (events) => {
      const texts = [...events.values()].filter((each) => each.regarding?.name === name).map(textOf)
      return notes.every((note) => texts.includes(note))
    })
    return [...objects.values()].filter((each) => each.regarding?.name === name)
  }
}

export function textOf({ type, reason, note }: AnyObject): string {
  return `${type} ${reason} ${note}`
}

/** A template of pods that run one container, on a node: without one they would go as soon as they are deleted. */
export function podTemplate(labels: Record<string, string>, spec: object = {}) {
  return {
    metadata: { labels },
    spec: { nodeName: 'node', containers: [{ name: 'main', image: 'example.com/app:1' }], ...spec },
  }
}
