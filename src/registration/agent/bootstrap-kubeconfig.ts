import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Secret } from '../../apis/core/v1.ts'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { type ReadAccess, readKubeconfigText } from '../../kube/index.ts'
import { type HubCluster, hubClusterOf, KUBECONFIG_KEY } from './hub-kubeconfig.ts'
import { secretText } from './secret-data.ts'

/** A hub, and credentials that allow for asking it for better ones. */
export interface BootstrapKubeconfig {
  /** The file, for logs. */
  readonly source: string
  readonly hub: HubCluster
  readonly readAccess: ReadAccess
}

/**
 * Reads a bootstrap kubeconfig: from the Secret, if it has one, for a file of it in a Pod is behind for up to a minute or two.
 * Rejects with a ConfigError.
 */
export async function readBootstrapKubeconfig(
  file: string,
  secret: Secret | undefined,
): Promise<BootstrapKubeconfig> {
  const dir = path.dirname(file)
  const text = secretText(secret, KUBECONFIG_KEY)
  const read = async () => text ?? readFile(file, 'utf8')
  try {
    const hub = await hubClusterOf(await read())
    const readAccess = async () => readKubeconfigText(await read(), { dir, source: file })
    return { source: file, hub, readAccess }
  } catch (cause) {
    throw new ConfigError(
      `the bootstrap kubeconfig ${file} cannot be used: ${errorMessage(cause)}; make it with clusteradm join, or from the command that "clusteradm get token" prints on the hub`,
      { cause },
    )
  }
}
