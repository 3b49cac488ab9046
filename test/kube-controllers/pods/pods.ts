import type { Pod, PodStatus } from '../../../src/apis/core/v1.ts'

export const NOW = Date.parse('2026-01-01T00:00:00Z')

export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString()
}

/** A pod that runs on a node and has been ready for an hour, but for what is said otherwise. */
export function pod(
  name: string,
  change: { metadata?: Pod['metadata']; spec?: Pod['spec']; status?: PodStatus } = {},
): Pod {
  return {
    metadata: {
      namespace: 'default',
      name,
      uid: `uid-${name}`,
      creationTimestamp: ago(3600),
      ...change.metadata,
    },
    spec: { nodeName: 'node', ...change.spec },
    status: { phase: 'Running', ...ready(3600), ...change.status },
  }
}

/** The condition of a pod that has been ready for so long. */
export function ready(seconds: number): Pick<PodStatus, 'conditions'> {
  return { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ago(seconds) }] }
}

export const NOT_READY: Pick<PodStatus, 'conditions'> = {
  conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(60) }],
}
