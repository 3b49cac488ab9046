import type { ConfigMap } from '../../apis/core/v1.ts'
import { CONFIG_MAPS } from '../../apis/resources.ts'
import { errorMessage } from '../../common/errors.ts'
import { isNotFound, type KubeClient } from '../../kube/client.ts'
import { CommandError } from '../failure.ts'

const NAMESPACE = 'kube-public'

/** What a hub says of itself to those that join. */
export interface ClusterInfo {
  /** Where it is for those inside; undefined if it does not say. */
  readonly server?: string
  /** PEM; undefined where public CAs vouch for it. */
  readonly ca?: string
}

/** Reads `kube-public/cluster-info`, and in its place `kube-root-ca.crt`. Empty when neither is there. */
export async function readClusterInfo(hub: KubeClient, signal: AbortSignal): Promise<ClusterInfo> {
  const configMaps = hub.resource<ConfigMap>(CONFIG_MAPS)
  const info = await find('cluster-info')
  if (info) return parseClusterInfo(info.data?.kubeconfig ?? '')
  const root = await find('kube-root-ca.crt')
  const ca = root?.data?.['ca.crt']
  return ca ? { ca } : {}

  async function find(name: string): Promise<ConfigMap | undefined> {
    try {
      return await configMaps.get({ namespace: NAMESPACE, name }, { signal })
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
}

async function parseClusterInfo(text: string): Promise<ClusterInfo> {
  const { parse } = await import('yaml')
  try {
    const { clusters } = (parse(text) ?? {}) as { readonly clusters?: readonly unknown[] }
    if (clusters?.length !== 1) throw new Error('it names no cluster, or several')
    const { cluster } = clusters[0] as { readonly cluster?: Readonly<Record<string, unknown>> }
    const data = cluster?.['certificate-authority-data']
    return {
      ...(typeof cluster?.server === 'string' && cluster.server !== '' && { server: cluster.server }),
      ...(typeof data === 'string' && data !== '' && { ca: Buffer.from(data, 'base64').toString() }),
    }
  } catch (error) {
    throw new CommandError(`can not find the cluster in the cluster-info: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}
