import type { Deployment, DeploymentSpec, ReplicaSet } from '../../../src/apis/apps/v1.ts'

const TEMPLATE = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'app:1' }] },
}

export const NOW = Date.parse('2026-01-01T00:00:00Z')

/** A Deployment with the bounds of a rolling update. */
export function deployment(
  spec: Partial<DeploymentSpec> & { surge?: number | string; unavailable?: number | string } = {},
  status: Deployment['status'] = {},
): Deployment {
  const { surge = '25%', unavailable = '25%', ...others } = spec
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'default', name: 'web', uid: 'uid-web', generation: 1 },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: TEMPLATE,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
      progressDeadlineSeconds: 600,
      ...others,
    },
    status,
  }
}

/** A ReplicaSet of so many pods, of which so many are available; names tell which is older. */
export function replicaSet(
  name: string,
  replicas: number,
  available = replicas,
  annotations: Record<string, string> = {},
): ReplicaSet {
  return {
    metadata: {
      namespace: 'default',
      name,
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations,
      generation: 1,
    },
    spec: { replicas, selector: {}, template: TEMPLATE },
    status: {
      replicas,
      readyReplicas: available,
      availableReplicas: available,
      terminatingReplicas: 0,
      observedGeneration: 1,
    },
  }
}
