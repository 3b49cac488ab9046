import { isIPv4, isIPv6 } from 'node:net'
import type { ConfigMap } from '../../apis/core/v1.ts'
import { CONFIG_MAPS } from '../../apis/resources.ts'
import { isAlreadyExists } from '../../kube/client.ts'
import { CommandError } from '../failure.ts'
import type { PreflightCheck } from '../install/preflight.ts'
import { yamlText } from '../output/print-data.ts'
import { type Session, serverText } from '../session.ts'

export const CLUSTER_INFO = { namespace: 'kube-public', name: 'cluster-info' } as const

/** Whether agents will find the hub by the address that this machine knows. */
export function hubApiServerCheck(session: Session): PreflightCheck {
  return {
    name: 'HubApiServer check',
    check: async () => {
      const { server } = await session.access()
      const host = server.hostname.replace(/^\[|\]$/g, '')
      if (isIPv4(host) || isIPv6(host)) return []
      return ['Hub Api Server is a domain name, maybe you should set HostAlias in klusterlet']
    },
  }
}

/** Whether clusters that join can learn where the hub is and what CA it has; it is made if need be. */
export function clusterInfoCheck(session: Session): PreflightCheck {
  return {
    name: 'cluster-info check',
    check: async () => {
      const { cluster, signal, dryRun } = session
      const configMaps = cluster.resource<ConfigMap>(CONFIG_MAPS)
      const existing = await configMaps.find(CLUSTER_INFO, { signal })
      if (existing) {
        if (!existing.data?.kubeconfig) throw new CommandError('empty kubeconfig data in cluster-info')
        return []
      }
      if (!dryRun) {
        try {
          await configMaps.create(await clusterInfo(session), { signal })
        } catch (error) {
          if (!isAlreadyExists(error)) throw error // somebody else was faster, and has said the same
        }
      }
      return ['no ConfigMap named cluster-info in the kube-public namespace, clusteradm will creates it']
    },
  }
}

async function clusterInfo(session: Session): Promise<ConfigMap> {
  const access = await session.access()
  const { ca, rejectUnauthorized } = access.tls
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: '',
        cluster: {
          ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
          ...(!rejectUnauthorized && { 'insecure-skip-tls-verify': true }),
          server: serverText(access),
        },
      },
    ],
    contexts: [],
    'current-context': '',
    preferences: {},
    users: [],
  }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...CLUSTER_INFO },
    immutable: true,
    data: { kubeconfig: yamlText(kubeconfig) },
  } as ConfigMap
}
