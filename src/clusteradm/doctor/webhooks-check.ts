import { MANAGED_CLUSTERS } from '../../apis/cluster/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { MANIFEST_WORKS } from '../../apis/work/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import { KubeApiError, type ResourceDefinition } from '../../kube/client.ts'
import { HUB_NAMESPACE } from '../names.ts'
import type { Session } from '../session.ts'
import { type Check, ok, wrong } from './check.ts'

const PROBE = 'clusteradm-doctor'
const SERVER_ERROR = 500

/** What is asked of each webhook, and the Deployment that answers. */
const PROBES: readonly (readonly [ResourceDefinition, KubeObject, string])[] = [
  [MANAGED_CLUSTERS, { kind: 'ManagedCluster', metadata: { name: PROBE } }, 'registration'],
  [MANIFEST_WORKS, probeWork(), 'work'],
]

/** Whether the API server reaches the webhooks, and believes them: objects are created in a dry run, which leaves nothing behind. */
export function webhooksCheck({ cluster, signal }: Session): Check {
  return {
    id: 'webhooks',
    look: async () => {
      for (const [resource, object, part] of PROBES) {
        try {
          await cluster.resource<KubeObject>(resource).create(object, { signal, dryRun: true })
        } catch (error) {
          if (!(error instanceof KubeApiError)) throw error
          if (error.status < SERVER_ERROR) continue // what a webhook refuses, it has been asked for
          return wrong(
            errorMessage(error),
            `see kubectl -n ${HUB_NAMESPACE} logs deployment/cluster-manager-${part}-webhook; its certificate is made anew when the Secret ${HUB_NAMESPACE}/${part}-webhook-serving-cert is deleted`,
          )
        }
      }
      return ok('the API server reaches the webhooks')
    },
  }
}

function probeWork(): KubeObject {
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: PROBE, namespace: 'default' } }
  const work = {
    kind: 'ManifestWork',
    metadata: { namespace: 'default', name: PROBE },
    spec: { workload: { manifests: [manifest] } },
  }
  return work as KubeObject
}
