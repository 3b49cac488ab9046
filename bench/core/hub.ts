import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { hubCrds } from '../../src/apis/crds.ts'
import type { KubeObject } from '../../src/apis/meta/v1.ts'
import type { ClusterManager } from '../../src/apis/operator/v1.ts'
import { CUSTOM_RESOURCE_DEFINITIONS, SERVICE_ACCOUNTS } from '../../src/apis/resources.ts'
import { readKubeconfig } from '../../src/kube/access/kubeconfig.ts'
import { type ClusterAccess, isConditionTrue, KubeClient, RestMapper } from '../../src/kube/index.ts'
import {
  BOOTSTRAP_SERVICE_ACCOUNT,
  bootstrapClusterRole,
  bootstrapServiceAccount,
  bootstrapServiceAccountBinding,
} from '../../src/manifests/bootstrap-identity.ts'
import { hubConfig } from '../../src/operator/cluster-manager/hub-config.ts'
import { hubDeployments, hubResources } from '../../src/operator/cluster-manager/hub-manifests.ts'
import { webhookConfigurations } from '../../src/operator/cluster-manager/manifests/webhooks.ts'
import { CertificateAuthority } from '../../src/pki/index.ts'
import { freePort } from '../../test/support/ports.ts'
import { HubProcess } from './hub-process.ts'

const HOST = '127.0.0.1'
const OPERATOR_NAMESPACE = 'open-cluster-management'
const READY_WITHIN_MS = 60_000

const CLUSTER_MANAGER: ClusterManager = {
  apiVersion: 'operator.open-cluster-management.io/v1',
  kind: 'ClusterManager',
  metadata: { name: 'cluster-manager' },
}

/** Its conversion is not asked for where there are no add-ons. */
const LEFT_OUT = /addon-webhook/

type AnyObject = KubeObject & { readonly [field: string]: unknown }

export interface HubOptions {
  /** Where V8 leaves profiles of the processes. */
  readonly profileDirectory?: string
}

/**
 * A hub as the operator makes it, but for Pods: our API server with its controllers, and the processes of the operator's Deployments
 * with their flags, each with a token of its own service account and that account's rights; webhooks are called over TLS.
 */
export class Hub {
  readonly processes: HubProcess[] = []
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'bench-core-'))
  readonly #options: HubOptions
  readonly #webhookUrls = new Map<string, string>()
  #access: ClusterAccess | undefined
  #client: KubeClient | undefined

  constructor(options: HubOptions = {}) {
    this.#options = options
  }

  /** The administrator's. */
  get client(): KubeClient {
    if (!this.#client) throw new Error('the hub has not been started')
    return this.#client
  }

  get server(): string {
    return this.#access?.server.origin ?? ''
  }

  /** For agents that are to join. */
  get bootstrapKubeconfig(): string {
    return path.join(this.#directory, `${BOOTSTRAP_SERVICE_ACCOUNT}.kubeconfig`)
  }

  async start(): Promise<void> {
    const data = path.join(this.#directory, 'data')
    const args = [`--data-dir=${data}`, `--secure-port=${await freePort()}`, `--bind-address=${HOST}`]
    const apiServer = this.#run('controlplane', ['controlplane', ...args])
    await apiServer.said(/^export KUBECONFIG=/m)
    const access = await readKubeconfig([path.join(data, 'admin.kubeconfig')])
    this.#access = access
    this.#client = new KubeClient({ readAccess: async () => access }, { qps: -1 })
    await this.#install()
  }

  async stop(): Promise<void> {
    await this.#client?.stop()
    for (const each of this.processes.toReversed()) await each.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #install(): Promise<void> {
    await this.#define(hubCrds())
    const authority = await CertificateAuthority.create({ commonName: 'webhooks' })
    const config = hubConfig(CLUSTER_MANAGER, {
      operatorNamespace: OPERATOR_NAMESPACE,
      replicas: 1,
      caBundle: authority.certificatePem,
      hasImagePullSecret: false,
      imagePullSecretName: '',
      enableSyncLabels: false,
      tls: { minVersion: '', cipherSuites: '' },
      agentImage: '',
      mayDeleteRequests: true,
    })
    await this.#apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: OPERATOR_NAMESPACE } },
      bootstrapServiceAccount(OPERATOR_NAMESPACE),
      bootstrapClusterRole(),
      bootstrapServiceAccountBinding(OPERATOR_NAMESPACE),
      ...hubResources(config).wanted,
    ])
    await this.#writeKubeconfig(OPERATOR_NAMESPACE, BOOTSTRAP_SERVICE_ACCOUNT)
    const certificates = await this.#writeServingCertificate(authority)
    for (const deployment of hubDeployments(config).wanted) {
      const name = deployment.metadata.name ?? ''
      const { serviceAccountName = '', containers = [] } = deployment.spec.template.spec ?? {}
      if (LEFT_OUT.test(name)) continue
      const kubeconfig = await this.#writeKubeconfig(config.namespace, serviceAccountName)
      const [executable = '', ...args] = containers[0]?.args ?? []
      await this.#runController(name, [executable.replace('/', ''), ...args], {
        kubeconfig,
        namespace: config.namespace,
        certificates,
      })
    }
    await this.#apply(webhookConfigurations(config).map((each) => this.#byUrl(each as AnyObject)))
  }

  async #define(definitions: readonly KubeObject[]): Promise<void> {
    const resource = this.client.resource(CUSTOM_RESOURCE_DEFINITIONS)
    for (const definition of definitions) await resource.create(definition)
    for (const { metadata } of definitions) {
      const isEstablished = async () => {
        const { status } = (await resource.get({ name: metadata.name ?? '' })) as AnyObject & {
          status?: never
        }
        return isConditionTrue((status as { conditions?: never } | undefined)?.conditions, 'Established')
      }
      while (!(await isEstablished())) await pause(10)
    }
  }

  async #apply(objects: readonly KubeObject[]): Promise<void> {
    const mapper = new RestMapper(this.client)
    for (const object of objects) {
      const { apiVersion = '', kind = '' } = object as AnyObject
      await this.client.resource(await mapper.definitionOf(apiVersion, kind)).create(withoutRemovals(object))
    }
  }

  /** Resolves with its file. */
  async #writeKubeconfig(namespace: string, account: string): Promise<string> {
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { namespace, name: account },
      spec: { expirationSeconds: 86_400 },
    }
    const { status } = (await this.client
      .resource<AnyObject>(SERVICE_ACCOUNTS)
      .create(request as AnyObject, { subresource: 'token' })) as AnyObject & { status?: { token: string } }
    const file = path.join(this.#directory, `${account}.kubeconfig`)
    const { server, tls } = this.#access as ClusterAccess
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'hub',
      contexts: [{ name: 'hub', context: { cluster: 'hub', user: account } }],
      clusters: [
        {
          name: 'hub',
          cluster: {
            server: server.origin,
            'certificate-authority-data': Buffer.from(String(tls.ca)).toString('base64'),
          },
        },
      ],
      users: [{ name: account, user: { token: status?.token } }],
    }
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
    return file
  }

  async #writeServingCertificate(authority: CertificateAuthority): Promise<string> {
    const { certificatePem, privateKeyPem } = await authority.issueServerCertificate({ ipAddresses: [HOST] })
    const directory = path.join(this.#directory, 'serving')
    mkdirSync(directory, { mode: 0o700 })
    writeFileSync(path.join(directory, 'tls.crt'), certificatePem)
    writeFileSync(path.join(directory, 'tls.key'), privateKeyPem, { mode: 0o600 })
    return directory
  }

  /** Starts it with the operator's flags, and ports of its own in the place of those that it would have in a Pod. */
  async #runController(
    name: string,
    args: readonly string[],
    given: { kubeconfig: string; namespace: string; certificates: string },
  ): Promise<void> {
    const [port, health] = [await freePort(), await freePort()]
    const isWebhook = args.includes('webhook-server')
    const kept = args.filter((each) => !/^--(port|health-probe-port|metrics-port)=/.test(each))
    const places = isWebhook
      ? [
          `--port=${port}`,
          `--health-probe-port=${health}`,
          '--metrics-port=0',
          `--certdir=${given.certificates}`,
        ]
      : [`--listen=${HOST}:${port}`, `--namespace=${given.namespace}`]
    const started = this.#run(name, [...kept, `--kubeconfig=${given.kubeconfig}`, ...places])
    if (isWebhook) this.#webhookUrls.set(name, `https://${HOST}:${port}`)
    const url = isWebhook ? `http://${HOST}:${health}/readyz` : `https://${HOST}:${port}/readyz`
    await untilOk(url, started)
  }

  /** The configuration, of a webhook that is no Service but a process of this machine. */
  #byUrl(configuration: AnyObject): AnyObject {
    const webhooks = configuration.webhooks as readonly {
      readonly clientConfig: { readonly service: { name: string; path: string }; readonly caBundle: string }
    }[]
    return {
      ...configuration,
      webhooks: webhooks.map(({ clientConfig: { service, caBundle }, ...webhook }) => {
        const url = this.#webhookUrls.get(service.name)
        if (url === undefined) throw new Error(`nothing serves ${service.name}`)
        return { ...webhook, clientConfig: { url: `${url}${service.path}`, caBundle } }
      }),
    }
  }

  #run(name: string, args: readonly string[]): HubProcess {
    const started = new HubProcess(name.replace('cluster-manager-', ''), args, this.#options.profileDirectory)
    this.processes.push(started)
    return started
  }
}

async function untilOk(url: string, of: HubProcess): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (!(await isOk(url))) {
    of.requireAlive()
    if (performance.now() > deadline) throw new Error(`${of.name} does not become ready`)
    await pause(20)
  }
}

/** Health is shown with a certificate that nobody is meant to verify. */
function isOk(url: string): Promise<boolean> {
  return url.startsWith('https')
    ? new Promise((resolve) => {
        https
          .get(url, { rejectUnauthorized: false, agent: false }, (response) => {
            response.resume()
            resolve(response.statusCode === 200)
          })
          .on('error', () => resolve(false))
      })
    : fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
}

/** An operator's manifests say with a `-` at its end that an annotation shall not be there. */
function withoutRemovals(object: KubeObject): KubeObject {
  const { annotations = {}, ...metadata } = object.metadata
  const kept = Object.entries(annotations).filter(([name]) => !name.endsWith('-'))
  return { ...object, metadata: { ...metadata, annotations: Object.fromEntries(kept) } }
}
