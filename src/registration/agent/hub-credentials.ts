import type { Secret } from '../../apis/core/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import { type ClusterAccess, type ReadAccess, readKubeconfigText } from '../../kube/index.ts'
import {
  CERTIFICATE_KEY,
  type HubCluster,
  hubClusterOf,
  hubKubeconfig,
  isSameHub,
  KUBECONFIG_KEY,
  PRIVATE_KEY_KEY,
} from './hub-kubeconfig.ts'
import { agentOf, type IssuedCertificate, isKeyOf, readIssuedCertificate } from './issued-certificate.ts'
import { secretText } from './secret-data.ts'

/** Who the agent wants to be, and to which hub. */
export interface WantedIdentity {
  readonly hub: HubCluster
  readonly clusterName: string
  readonly agentName: string
}

/** Why a Secret does not do for talking to the hub, in a few words; undefined if it does. */
export async function credentialsProblem(
  secret: Secret | undefined,
  wanted: WantedIdentity,
  nowMs: number,
): Promise<string | undefined> {
  const kubeconfig = secretText(secret, KUBECONFIG_KEY)
  if (kubeconfig === undefined) return 'there is no kubeconfig for the hub yet'
  try {
    if (!isSameHub(await hubClusterOf(kubeconfig), wanted.hub))
      return 'the kubeconfig is for another hub than the bootstrap kubeconfig'
  } catch (error) {
    return `the kubeconfig cannot be read: ${errorMessage(error)}`
  }
  return certificateProblem(secret, wanted, nowMs)
}

function certificateProblem(
  secret: Secret | undefined,
  { clusterName, agentName }: WantedIdentity,
  nowMs: number,
): string | undefined {
  const pem = secretText(secret, CERTIFICATE_KEY)
  const key = secretText(secret, PRIVATE_KEY_KEY)
  if (key === undefined || pem === undefined) return 'there is no client certificate with its key'
  let certificate: IssuedCertificate
  try {
    certificate = readIssuedCertificate(pem)
  } catch (error) {
    return errorMessage(error)
  }
  if (!isKeyOf(pem, key)) return 'the private key is not the one of the client certificate'
  if (certificate.notAfter <= nowMs)
    return `the client certificate has expired at ${new Date(certificate.notAfter).toISOString()}`
  const agent = agentOf(certificate)
  if (agent?.clusterName !== clusterName || agent.agentName !== agentName)
    return 'the client certificate is for another cluster or agent'
  return undefined
}

/** When the certificate of a Secret expires, in ms since the epoch; 0 if it has none that can be read. */
export function expiryOf(secret: Secret | undefined): number {
  try {
    return readIssuedCertificate(secretText(secret, CERTIFICATE_KEY) ?? '').notAfter
  } catch {
    return 0
  }
}

/** The agent's credentials for the hub as they are now, in memory: clients that read them go over to new ones with their next request. */
export class HubCredentials {
  #secret: Secret | undefined
  #access: Promise<ClusterAccess> | undefined

  get secret(): Secret | undefined {
    return this.#secret
  }

  /** Returns whether that is anything new. */
  update(secret: Secret | undefined): boolean {
    if (secret?.metadata.resourceVersion === this.#secret?.metadata.resourceVersion) return false
    this.#secret = secret
    this.#access = undefined
    return true
  }

  readonly readAccess: ReadAccess = () => {
    this.#access ??= accessOf(this.#secret)
    return this.#access
  }
}

async function accessOf(secret: Secret | undefined): Promise<ClusterAccess> {
  const kubeconfig = secretText(secret, KUBECONFIG_KEY) ?? ''
  const cert = secretText(secret, CERTIFICATE_KEY)
  const key = secretText(secret, PRIVATE_KEY_KEY)
  const source = `Secret ${secret?.metadata.namespace}/${secret?.metadata.name}`
  // The user's files are entries of the same Secret, and need not be on a disk.
  const text = hubKubeconfig(await hubClusterOf(kubeconfig), {})
  const access = await readKubeconfigText(text, { dir: '', source })
  return { ...access, tls: { ...access.tls, ...(cert && key && { cert, key }) } }
}
