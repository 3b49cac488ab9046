import type { KubeObject } from '../apis/meta/v1.ts'

/** On all that was made for a ClusterManager, with its name. */
export const HUB_LABEL = 'open-cluster-management.io/created-by-clustermanager'

/** On all that was made for a Klusterlet, with its name. */
export const AGENT_LABEL = 'open-cluster-management.io/created-by-klusterlet'

const RESERVED_PREFIX = 'open-cluster-management.io'

/** Labels of the operator's object that go on to all that is made for it: all but `app` and those of this project. */
export function syncableLabels(labels: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels ?? {}).filter(([name]) => name !== 'app' && !name.startsWith(RESERVED_PREFIX)),
  )
}

/** The labels of what is made for an object; with `sync`, its own too. */
export function labelsFor(owner: KubeObject, label: string, sync: boolean): Record<string, string> {
  return { ...(sync && syncableLabels(owner.metadata.labels)), [label]: owner.metadata.name ?? '' }
}

/** As flags take them: `a=1,b=2`, sorted. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name]}`)
    .join(',')
}
