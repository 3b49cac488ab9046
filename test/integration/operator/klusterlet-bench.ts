import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import type { Klusterlet, KlusterletSpec } from '../../../src/apis/operator/v1.ts'
import { KLUSTERLETS } from '../../../src/apis/operator/v1.ts'
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, SECRETS } from '../../../src/apis/resources.ts'
import { type Clock, type ClusterTls, Manager, type ResourceDefinition } from '../../../src/kube/index.ts'
import {
  type BOOTSTRAP_KUBECONFIG_SECRET,
  type HUB_KUBECONFIG_SECRET,
  type KlusterletOptions,
  klusterletManifests,
} from '../../../src/manifests/klusterlet.ts'
import { definitionOf } from '../../../src/operator/apply/manifest.ts'
import {
  addKlusterletOperator,
  type KlusterletOperatorOptions,
} from '../../../src/operator/klusterlet/index.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import type { FakeKubelet } from '../../support/fake-kubelet.ts'
import type { AnyObject, ControllersBench } from '../kube-controllers/controllers-bench.ts'
import { WorkloadsBench } from '../kube-controllers/workloads.ts'
import type { AgentLife } from '../work/agent-life.ts'

export const AGENT_NAMESPACE = 'open-cluster-management-agent'
export const ADDON_NAMESPACE = 'open-cluster-management-agent-addon'
export const OPERATOR_NAMESPACE = 'open-cluster-management'

/** For hooks that start two clusters and install agents, on a machine that may be busy. */
export const SETUP_TIMEOUT_MS = 60_000

const DEFAULTS: KlusterletOperatorOptions = {
  operatorNamespace: OPERATOR_NAMESPACE,
  version: '1.3.1',
  controlPlaneNodeLabelSelector: 'node-role.kubernetes.io/master=',
  deploymentReplicas: 0,
  disableAddonNamespace: false,
  enableSyncLabels: false,
}

const OTHER_KINDS: Readonly<Record<string, ResourceDefinition>> = {
  Klusterlet: KLUSTERLETS,
  PriorityClass: { group: 'scheduling.k8s.io', version: 'v1', plural: 'priorityclasses', namespaced: false },
}

const OPERATOR = {
  username: `system:serviceaccount:${OPERATOR_NAMESPACE}:klusterlet`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${OPERATOR_NAMESPACE}`, 'system:authenticated'],
}

interface OperatorSetting extends Partial<KlusterletOperatorOptions> {
  readonly clock?: Clock
  readonly life?: AgentLife
}

/** Who may do what on a hub: `system:masters` everything, or somebody nothing. */
export type HubUser = 'administrator' | 'nobody'

/**
 * A managed cluster whose workloads run as far as anybody can tell, and a hub. The operator runs under the account and the rights that it
 * is installed with.
 */
export class KlusterletBench {
  readonly managed: ControllersBench
  readonly kubelet: FakeKubelet
  readonly hub: TestControlPlane
  readonly #workloads: WorkloadsBench
  #operator: { stop(): Promise<void> } | undefined

  static async start(): Promise<KlusterletBench> {
    const [workloads, hub] = await Promise.all([WorkloadsBench.start(), TestControlPlane.start()])
    return new KlusterletBench(workloads, hub)
  }

  private constructor(workloads: WorkloadsBench, hub: TestControlPlane) {
    this.#workloads = workloads
    this.managed = workloads.bench
    this.kubelet = workloads.kubelet
    this.hub = hub
  }

  async close(): Promise<void> {
    await this.stopOperator()
    await this.#workloads.close()
    await this.hub.close()
  }

  /** What `clusteradm join` applies, but for the operator's Deployment: the operator runs here. */
  async install(options: Partial<KlusterletOptions> = {}): Promise<void> {
    for (const manifest of klusterletManifests({ clusterName: 'cluster1', ...options })) {
      if (manifest.kind === 'Deployment') continue
      await this.create(manifest)
      if (manifest.kind === 'CustomResourceDefinition') await this.#untilEstablished(manifest)
    }
  }

  /** The Klusterlet alone: an operator is there already. */
  async installKlusterlet(options: KlusterletOptions): Promise<void> {
    const manifest = klusterletManifests(options).at(-1)
    if (manifest) await this.create(manifest)
  }

  async create(manifest: KubeObject): Promise<AnyObject> {
    const { apiVersion = '', kind = '' } = manifest
    const definition = OTHER_KINDS[kind] ?? definitionOf({ apiVersion, kind })
    return this.managed.resource(definition).create(manifest as AnyObject)
  }

  startOperator({ clock, life, ...options }: OperatorSetting = {}): void {
    const transport = life && ((tls: ClusterTls) => life.transport(tls))
    const client = this.managed.newClient({ impersonate: OPERATOR, clock, transport })
    const manager = new Manager({ client })
    addKlusterletOperator(manager, { ...DEFAULTS, ...options })
    const ending = new AbortController()
    const running = manager.run(ending.signal)
    this.#operator = {
      stop: async () => {
        ending.abort()
        await running
        await client.stop()
      },
    }
  }

  async stopOperator(): Promise<void> {
    await this.#operator?.stop()
    this.#operator = undefined
  }

  async edit(spec: KlusterletSpec | Record<string, unknown>, name = 'klusterlet'): Promise<void> {
    await this.managed.resource(KLUSTERLETS).patch({ name }, { type: 'merge', body: { spec } })
  }

  /** Waits until one object is as it should be. */
  async until(
    definition: ResourceDefinition,
    key: string,
    isAsWanted: (object: AnyObject) => boolean,
  ): Promise<AnyObject> {
    const [name = '', namespace] = key.split('/').reverse()
    const selection = { ...(namespace && { namespace }), fieldSelector: `metadata.name=${name}` }
    const objects = await this.managed.until(definition, selection, (found) => {
      const object = found.get(key)
      return object !== undefined && isAsWanted(object)
    })
    return objects.get(key) as AnyObject
  }

  untilKlusterlet(isAsWanted: (klusterlet: Klusterlet) => boolean, name = 'klusterlet'): Promise<AnyObject> {
    return this.until(KLUSTERLETS, name, (object) => isAsWanted(object as Klusterlet))
  }

  /** Waits until a condition of the Klusterlet has the status and reason: `True SomeReason`. */
  untilCondition(type: string, text: string, name = 'klusterlet'): Promise<AnyObject> {
    return this.untilKlusterlet((klusterlet) => conditionsOf(klusterlet)[type] === text, name)
  }

  /** A kubeconfig for the hub, by a client certificate or as somebody who may do nothing there. */
  hubKubeconfig(user: HubUser, server = this.hub.url.href.replace(/\/$/, '')): string {
    const { ca = '', cert = '', key = '' } = this.hub.tls
    const encoded = (text: string) => Buffer.from(text).toString('base64')
    const credentials =
      user === 'administrator'
        ? { 'client-certificate-data': encoded(cert), 'client-key-data': encoded(key) }
        : { 'client-certificate-data': encoded(cert), 'client-key-data': encoded(key), as: 'nobody' }
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'hub',
      clusters: [{ name: 'hub', cluster: { server, 'certificate-authority-data': encoded(ca) } }],
      users: [{ name: 'agent', user: credentials }],
      contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'agent' } }],
    })
  }

  /** What the registration agent would make, or whoever bootstraps it. Replaces what is there. */
  async putSecret(
    name: typeof BOOTSTRAP_KUBECONFIG_SECRET | typeof HUB_KUBECONFIG_SECRET,
    texts: Readonly<Record<string, string>>,
    namespace = AGENT_NAMESPACE,
  ): Promise<void> {
    const data = Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    )
    const secrets = this.managed.resource(SECRETS)
    const secret = { kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data }
    if (await secrets.find({ namespace, name })) await secrets.update(secret as unknown as AnyObject)
    else await secrets.create(secret as unknown as AnyObject)
  }

  async deleteSecret(name: string, namespace = AGENT_NAMESPACE): Promise<void> {
    await this.managed.resource(SECRETS).delete({ namespace, name })
  }

  async namespaceNames(): Promise<string[]> {
    const { items } = await this.managed.resource(NAMESPACES).list()
    return items.map(({ metadata: { name = '' } }) => name)
  }

  async #untilEstablished({ metadata: { name = '' } }: KubeObject): Promise<void> {
    await this.until(CUSTOM_RESOURCE_DEFINITIONS, name, ({ status }) =>
      Boolean(
        status?.conditions?.some(
          ({ type, status: isSo }: { type: string; status: string }) =>
            type === 'Established' && isSo === 'True',
        ),
      ),
    )
  }
}

/** The conditions by their types: `True SomeReason`. */
export function conditionsOf({ status }: Klusterlet): Record<string, string> {
  return Object.fromEntries(
    (status?.conditions ?? []).map(({ type, status: isSo, reason }) => [type, `${isSo} ${reason}`]),
  )
}
