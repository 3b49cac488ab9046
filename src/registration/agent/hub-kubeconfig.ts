import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { type ClusterEntry, currentCluster } from '../../kube/index.ts'

/** What the agent keeps in Secrets for the hub, and in the directory of its credentials. */
export const KUBECONFIG_KEY = 'kubeconfig'
export const CERTIFICATE_KEY = 'tls.crt'
export const PRIVATE_KEY_KEY = 'tls.key'
export const TOKEN_KEY = 'token'
export const CLUSTER_NAME_KEY = 'cluster-name'
export const AGENT_NAME_KEY = 'agent-name'

const CONTEXT = 'default-context'
const USER = 'default-auth'
const NAMESPACE = 'configuration'

/** How to reach the hub, as the bootstrap kubeconfig says and the agent's own repeats. */
export interface HubCluster {
  /** The name of the cluster in the kubeconfig: tells a hub that was set up anew from what it was before. */
  readonly name: string
  readonly server: string
  readonly proxyUrl?: string
  /** A file. */
  readonly certificateAuthority?: string
  /** PEM in base64. */
  readonly certificateAuthorityData?: string
}

/** How the owner of a kubeconfig shows who it is; paths are relative to the kubeconfig. */
export type KubeconfigUser =
  | { readonly 'client-certificate': string; readonly 'client-key': string }
  | { readonly tokenFile: string }
  | Readonly<Record<string, never>>

export const CERTIFICATE_USER: KubeconfigUser = {
  'client-certificate': CERTIFICATE_KEY,
  'client-key': PRIVATE_KEY_KEY,
}
export const TOKEN_USER: KubeconfigUser = { tokenFile: TOKEN_KEY }

/** The hub that a kubeconfig is for. Rejects with an Error that says what is missing in it. */
export async function hubClusterOf(kubeconfig: string): Promise<HubCluster> {
  const { name, cluster } = await currentCluster(kubeconfig)
  return { name, server: cluster.server, ...optional(cluster) }
}

function optional(cluster: ClusterEntry): Partial<HubCluster> {
  const { 'proxy-url': proxyUrl, 'certificate-authority': file, 'certificate-authority-data': data } = cluster
  return {
    ...(proxyUrl && { proxyUrl }),
    ...(file && { certificateAuthority: file }),
    ...(data && { certificateAuthorityData: data }),
  }
}

/** Whether both are the same hub, reached in the same way. */
export function isSameHub(one: HubCluster, other: HubCluster): boolean {
  return isDeepStrictEqual(one, other)
}

/** The kubeconfig for a hub, in YAML. */
export function hubKubeconfig(hub: HubCluster, user: KubeconfigUser): string {
  const kubeconfig = {
    apiVersion: 'v1',
    clusters: [
      {
        cluster: {
          ...(hub.certificateAuthority && { 'certificate-authority': hub.certificateAuthority }),
          ...(hub.certificateAuthorityData && {
            'certificate-authority-data': hub.certificateAuthorityData,
          }),
          ...(hub.proxyUrl && { 'proxy-url': hub.proxyUrl }),
          server: hub.server,
        },
        name: hub.name,
      },
    ],
    contexts: [{ context: { cluster: hub.name, namespace: NAMESPACE, user: USER }, name: CONTEXT }],
    'current-context': CONTEXT,
    kind: 'Config',
    users: [{ name: USER, user }],
  }
  return stringify(kubeconfig, { indentSeq: false, lineWidth: 0 }) // as the original writes it, byte for byte
}
