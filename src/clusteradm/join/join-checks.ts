import type { APIResource } from '../../apis/meta/v1.ts'
import { isNotFound, isUnauthorized } from '../../kube/client.ts'
import { answerTrouble, CommandError, isUntrusted } from '../failure.ts'
import { type FoundHub, hubTitle, TOKEN_REFUSED } from '../hub-trust/find-hub.ts'
import type { PreflightCheck } from '../install/preflight.ts'
import type { Session } from '../session.ts'

const HUB_API = '/apis/cluster.open-cluster-management.io/v1'
const HUB_UNTRUSTED =
  'the certificate of the hub is not of the CA that it is verified by: is the CA of --ca-file that of this hub?'
/** The hub makes a namespace of the cluster's name. */
const CLUSTER_NAME_LIMIT = 63
const CLUSTER_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** Whether the hub answers, takes the token, and is a hub. */
export function hubKubeconfigCheck(
  { signal }: Session,
  { client, warnings, origin }: FoundHub,
): PreflightCheck {
  return {
    name: 'HubKubeconfig check',
    check: async () => {
      try {
        await client.request({ method: 'GET', path: '/version', signal })
        const { resources = [] } = await client.request<{ resources?: readonly APIResource[] }>({
          method: 'GET',
          path: HUB_API,
          signal,
        })
        if (resources.length > 0) return warnings
      } catch (error) {
        if (isUnauthorized(error)) throw new CommandError(TOKEN_REFUSED, { cause: error })
        if (isUntrusted(error)) throw new CommandError(HUB_UNTRUSTED, { cause: error })
        const trouble = answerTrouble(hubTitle(origin), error)
        if (trouble !== undefined) throw new CommandError(trouble, { cause: error })
        if (!isNotFound(error)) throw error
      }
      throw new CommandError(
        'no apigroup cluster.open-cluster-management.io/v1 detected: is --hub-apiserver a hub, and has "clusteradm init" come to its end there?',
      )
    },
  }
}

export function deployModeCheck(mode: string, managedKubeconfig: string): PreflightCheck {
  return {
    name: 'DeployMode Check',
    check: async () => {
      if (mode !== 'default') throw new CommandError('deploy mode should be default or hosted')
      if (managedKubeconfig !== '') {
        throw new CommandError('--managed-cluster-kubeconfig should not be set in default deploy mode')
      }
      return []
    },
  }
}

export function clusterNameCheck(name: string): PreflightCheck {
  return {
    name: 'ClusterName Check',
    check: async () => {
      if (CLUSTER_NAME.test(name) && name.length <= CLUSTER_NAME_LIMIT) return []
      throw new CommandError(
        `validate ClusterName failed: should match \`${CLUSTER_NAME.source}\`: ${JSON.stringify(name)} has to be ` +
          `1 to ${CLUSTER_NAME_LIMIT} lower-case letters, digits and "-", with a letter or digit at both ends`,
      )
    },
  }
}
