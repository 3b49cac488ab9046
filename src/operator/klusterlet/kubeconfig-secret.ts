import type { Secret } from '../../apis/core/v1.ts'
import { serverUrl, verifiedBundle } from '../../kube/access/kubeconfig.ts'
import { parseKubeconfig, type UserEntry } from '../../kube/access/kubeconfig-file.ts'
import type { ClusterAccess, ClusterTls, Impersonation } from '../../kube/index.ts'

/**
 * The access that a Secret's `kubeconfig` describes. Its certificate and key may be beside it, as `tls.crt` and `tls.key`. Files and
 * programs that it names are those of the agents' Pods, and never looked at here. Throws an Error that says what is wrong, and quotes
 * no secrets.
 */
export function accessOfSecret(secret: Secret): ClusterAccess {
  const text = textOf(secret, 'kubeconfig')
  if (text === undefined) throw new Error(`unable to find kubeconfig in secret ${describe(secret)}`)
  const config = parseKubeconfig(text)
  const current = config['current-context'] ?? ''
  const context = config.contexts?.find(({ name }) => name === current)?.context
  if (!context)
    throw new Error(
      `unable to find the current context ${JSON.stringify(current)} from the kubeconfig in secret ${describe(secret)}`,
    )
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster
  if (!cluster) throw new Error(`cluster ${JSON.stringify(context.cluster)} does not exist`)
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {}
  const ca = cluster['certificate-authority-data']
  const tls: ClusterTls = {
    ...(ca && { ca: verifiedBundle(decoded(ca)) }),
    ...certificateOf(user, secret),
    ...(cluster['tls-server-name'] && { servername: cluster['tls-server-name'] }),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
  }
  const impersonate = impersonationOf(user)
  return {
    server: serverUrl(cluster.server),
    tls,
    ...(user.token && { token: user.token }),
    ...(impersonate && { impersonate }),
    ...(cluster['proxy-url'] && { proxyUrl: cluster['proxy-url'] }),
  }
}

/** The text of one key of a Secret. */
export function textOf(secret: Secret, key: string): string | undefined {
  const data = secret.data ?? {}
  return Object.hasOwn(data, key) ? decoded(data[key] ?? '') : undefined
}

function certificateOf(user: UserEntry, secret: Secret): Pick<ClusterTls, 'cert' | 'key'> {
  const cert = user['client-certificate-data']
    ? decoded(user['client-certificate-data'])
    : textOf(secret, 'tls.crt')
  const key = user['client-key-data'] ? decoded(user['client-key-data']) : textOf(secret, 'tls.key')
  if (!cert && !key) return {}
  if (!cert || !key) throw new Error('the user has only half of a client certificate and its key')
  return { cert, key }
}

function impersonationOf({ as: username, 'as-groups': groups }: UserEntry): Impersonation | undefined {
  return username ? { username, ...(groups && { groups }) } : undefined
}

function decoded(data: string): string {
  return Buffer.from(data, 'base64').toString()
}

function describe({ metadata: { namespace, name } }: Secret): string {
  return `"${namespace}" "${name}"`
}
