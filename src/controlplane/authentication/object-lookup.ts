import type { KubeObject } from '../registry/index.ts'

/** What is there now, as far as credentials go by it: service accounts, secrets, pods and nodes. */
export interface ObjectLookup {
  /** `resource` is a plural of the core group, such as `serviceaccounts`; `namespace` is empty for nodes. */
  get(resource: string, namespace: string, name: string): KubeObject | undefined
}
