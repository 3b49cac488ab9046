import type { Secret } from '../../apis/core/v1.ts'
import { KLUSTERLET_CONDITION, KLUSTERLET_REASON } from '../../apis/operator/constants.ts'
import { errorMessage } from '../../common/errors.ts'
import { type ClusterAccess, KubeClient, type NewCondition, type ResourceAccess } from '../../kube/index.ts'
import { BOOTSTRAP_KUBECONFIG_SECRET, HUB_KUBECONFIG_SECRET } from '../../manifests/klusterlet.ts'
import { parseCertificate } from '../../pki/index.ts'
import { bootstrapAccess, describeAccess, hubAccess, renewalAccess, reviewAccess } from './access-reviews.ts'
import { accessOfSecret, textOf } from './kubeconfig-secret.ts'

/** Hubs are asked by all their clusters at once after a restart: each operator asks in moderation. */
const HUB_CLIENT = { qps: 20, burst: 30, retries: 0, timeoutMs: 10_000 }

const BOOTSTRAP_REASON = {
  missing: 'BootstrapSecretMissing',
  error: 'BootstrapSecretError',
  unauthorized: 'BootstrapSecretUnauthorized',
  functional: 'BootstrapSecretFunctional',
} as const

/** One of the two kubeconfigs: whether the hub allows by it what the agents do. */
export interface SecretVerdict {
  readonly isFunctional: boolean
  readonly reason: string
  readonly message: string
}

export interface AgentSecrets {
  readonly namespace: string
  /** Empty where the agent makes one up. */
  readonly clusterName: string
  readonly bootstrap: Secret | undefined
  readonly hub: Secret | undefined
  /** Whether one of several hubs is chosen, by kubeconfigs that only the agent reads. */
  readonly hasSeveralHubs: boolean
}

/**
 * The condition HubConnectionDegraded. While the agents' own kubeconfig does not work, it says of the bootstrap kubeconfig, too, whether
 * it does: `<reason of the bootstrap Secret>,<reason of the hub Secret>`.
 */
export async function hubConnectionCondition(
  secrets: AgentSecrets,
  signal?: AbortSignal,
): Promise<NewCondition> {
  const type = KLUSTERLET_CONDITION.hubConnectionDegraded
  const hub = await judgeHubSecret(secrets, signal)
  if (hub.isFunctional) return { type, status: 'False', reason: hub.reason, message: hub.message }
  if (secrets.hasSeveralHubs) return { type, status: 'True', reason: hub.reason, message: hub.message }
  const bootstrap = await judgeBootstrapSecret(secrets, signal)
  return {
    type,
    status: 'True',
    reason: `${bootstrap.reason},${hub.reason}`,
    message: `${bootstrap.message}\n${hub.message}`,
  }
}

/**
 * Whether a connection that has worked does so still, found out by one request: where the hub is gone, or does not know the agents, or
 * does not let them do what they did, it does not let them renew the Lease.
 */
export async function isStillWorking(
  { clusterName: givenName, hub }: AgentSecrets,
  signal?: AbortSignal,
): Promise<boolean> {
  const access = hub && accessOr(hub)
  const clusterName = givenName || (hub && textOf(hub, 'cluster-name'))
  if (!access || access instanceof Error || !clusterName) return false
  return (await review(access, [renewalAccess(clusterName)], signal)).outcome === 'allowed'
}

/** The hub, or what it allows, may change unseen: then it has to be asked again. */
export function dependsOnHub({ reason }: NewCondition): boolean {
  const unseen: readonly string[] = [
    KLUSTERLET_REASON.hubKubeConfigUnauthorized,
    KLUSTERLET_REASON.hubKubeConfigError,
    BOOTSTRAP_REASON.unauthorized,
    BOOTSTRAP_REASON.error,
  ]
  return reason.split(',').some((each) => unseen.includes(each))
}

/** When the certificate of the agents' kubeconfig expires, in ms since the epoch; undefined if it has none that can be read. */
export function expiryOf(hub: Secret): number | undefined {
  const access = accessOr(hub)
  if (access instanceof Error || !access.tls.cert) return undefined
  try {
    return parseCertificate(access.tls.cert).validToDate.getTime()
  } catch {
    return undefined
  }
}

async function judgeBootstrapSecret(
  { namespace, bootstrap }: AgentSecrets,
  signal?: AbortSignal,
): Promise<SecretVerdict> {
  const name = BOOTSTRAP_KUBECONFIG_SECRET
  const quoted = `"${namespace}" "${name}"`
  const path = `"${namespace}"/"${name}"`
  if (!bootstrap)
    return degraded(
      BOOTSTRAP_REASON.missing,
      `Failed to get bootstrap secret ${quoted}: secrets "${name}" not found`,
    )
  const access = accessOr(bootstrap)
  if (access instanceof Error)
    return degraded(
      BOOTSTRAP_REASON.error,
      `Failed to build bootstrap kube client with bootstrap secret ${path} to apiserver : ${access.message}`,
    )
  const host = hostOf(access)
  const result = await review(access, bootstrapAccess(), signal)
  if (result.outcome === 'failed')
    return degraded(
      BOOTSTRAP_REASON.error,
      `Failed to create ${describeAccess(result.access)} with bootstrap secret ${quoted}: ${errorMessage(result.error)}`,
    )
  if (result.outcome === 'denied')
    return degraded(
      BOOTSTRAP_REASON.unauthorized,
      `Operation for resource ${describeAccess(result.access)} is not allowed with bootstrap secret ${path} to apiserver ${host}`,
    )
  const message = `Bootstrap secret ${namespace}/${name} to apiserver ${host} is configured correctly`
  return { isFunctional: true, reason: BOOTSTRAP_REASON.functional, message }
}

async function judgeHubSecret(
  { namespace, clusterName: givenName, hub }: AgentSecrets,
  signal?: AbortSignal,
): Promise<SecretVerdict> {
  const name = HUB_KUBECONFIG_SECRET
  const quoted = `"${namespace}" "${name}"`
  const path = `"${namespace}"/"${name}"`
  const readField = (key: string) => `kubectl get secret -n ${quoted} -ojsonpath='{.data.${key}}'`
  if (!hub)
    return degraded(
      KLUSTERLET_REASON.hubKubeConfigSecretMissing,
      `Failed to get hub kubeconfig secret ${quoted}: secrets "${name}" not found`,
    )
  if (textOf(hub, 'kubeconfig') === undefined)
    return degraded(
      KLUSTERLET_REASON.hubKubeConfigMissing,
      `Failed to get kubeconfig from \`${readField('kubeconfig')}\`. ` +
        'This is set by the klusterlet registration deployment, but the CSR must be approved by the cluster-admin on the hub.',
    )
  const access = accessOr(hub)
  if (access instanceof Error)
    return degraded(
      KLUSTERLET_REASON.hubKubeConfigError,
      `Failed to build hub kube client with hub config secret ${quoted}: ${access.message}`,
    )
  const clusterName = givenName || textOf(hub, 'cluster-name')
  if (clusterName === undefined)
    return degraded(
      KLUSTERLET_REASON.clusterNameMissing,
      `Failed to get cluster name from \`${readField('cluster-name')}\`. This is set by the klusterlet registration deployment.`,
    )
  const host = hostOf(access)
  const result = await review(access, hubAccess(clusterName), signal)
  if (result.outcome === 'failed')
    return degraded(
      KLUSTERLET_REASON.hubKubeConfigError,
      `Failed to create ${describeAccess(result.access)} with hub config secret ${path} to apiserver ${host}: ${errorMessage(result.error)}`,
    )
  if (result.outcome === 'denied')
    return degraded(
      KLUSTERLET_REASON.hubKubeConfigUnauthorized,
      `Operation for resource ${describeAccess(result.access)} is not allowed with hub config secret ${path} to apiserver ${host}`,
    )
  const message = `Hub kubeconfig secret ${namespace}/${name} to apiserver ${host} is working`
  return { isFunctional: true, reason: KLUSTERLET_REASON.hubConnectionFunctional, message }
}

function degraded(reason: string, message: string): SecretVerdict {
  return { isFunctional: false, reason, message }
}

function accessOr(secret: Secret): ClusterAccess | Error {
  try {
    return accessOfSecret(secret)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

async function review(access: ClusterAccess, accesses: readonly ResourceAccess[], signal?: AbortSignal) {
  const client = new KubeClient({ readAccess: async () => access }, HUB_CLIENT)
  try {
    await client.start()
    return await reviewAccess(client, accesses, signal)
  } finally {
    await client.stop()
  }
}

/** As kubeconfigs have it: without a slash at the end. */
function hostOf({ server }: ClusterAccess): string {
  return server.href.replace(/\/$/, '')
}
