import path from 'node:path'

/** Where a Pod's files are, for a Pod that is a process of the machine (docs/local-cluster.md). */
const POD_ROOT = 'CLUSTER_PROXY_POD_ROOT'

/** Where a file is that manifests mount at a path of a container. */
export function podFile(file: string, env: Readonly<Record<string, string | undefined>>): string {
  return path.join(env[POD_ROOT] || '/', file)
}
