import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { joinHostPort } from '../../common/listen.ts'
import { podFile } from '../../common/pod-files.ts'
import type { ClusterAccess } from './cluster-access.ts'
import { serverUrl, verifiedBundle } from './kubeconfig.ts'

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * What Kubernetes gives to every Pod: two variables of its environment, and its service account's files, below
 * `CLUSTER_PROXY_POD_ROOT` where a Pod is a process of the machine (docs/local-cluster.md). Rejects with a ConfigError.
 */
export async function readInClusterAccess(
  env: Readonly<Record<string, string | undefined>>,
  serviceAccountDir = podFile(SERVICE_ACCOUNT_DIR, env),
): Promise<ClusterAccess> {
  const read = (name: string) => readFile(path.join(serviceAccountDir, name), 'utf8')
  try {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
    if (!host || !port) {
      throw new Error(
        'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined (outside a cluster, give --kubeconfig)',
      )
    }
    const ca = await read('ca.crt').catch(() => undefined)
    const namespace = await read('namespace').catch(() => '')
    return {
      server: serverUrl(`https://${joinHostPort(host, Number(port))}`),
      tls: { ...(ca && { ca: verifiedBundle(ca) }), rejectUnauthorized: true },
      token: (await read('token')).trim(),
      ...(namespace.trim() && { namespace: namespace.trim() }),
    }
  } catch (error) {
    throw new ConfigError(`failed to load in cluster kubernetes client config: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}
