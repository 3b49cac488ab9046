import { access as exists } from 'node:fs/promises'
import path from 'node:path'
import type { ReadAccess } from './cluster-access.ts'
import { ExecPlugins } from './exec-plugins.ts'
import { readInClusterAccess } from './in-cluster.ts'
import { readKubeconfig } from './kubeconfig.ts'
import { kubeconfigReader } from './kubeconfig-reader.ts'

export interface FindAccessOptions {
  /** The process's environment: `KUBECONFIG`, `HOME`, and what a Pod has. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** A kubeconfig file that was asked for by a flag; empty for none. */
  readonly kubeconfig?: string
  /** @default the current context */
  readonly context?: string
  /** Ends the wait for somebody who writes into a kubeconfig that is a pipe. */
  readonly signal?: AbortSignal
}

/**
 * Where to find the API, in kubectl's order: the file that was asked for, those of `KUBECONFIG`, the Pod that this runs in,
 * `~/.kube/config`. Looks anew at each call, but for pipes.
 */
export function findAccess({
  env,
  kubeconfig,
  context,
  signal,
}: FindAccessOptions): ReadAccess & { forget(): void } {
  const plugins = new ExecPlugins({ env })
  const readText = kubeconfigReader(signal)
  const read = async () => {
    const files = await kubeconfigFiles(env, kubeconfig)
    return files.length === 0
      ? readInClusterAccess(env)
      : readKubeconfig(files, { context, plugins, readText })
  }
  return Object.assign(read, { forget: () => plugins.forget() })
}

/** Of those in `KUBECONFIG`, some may be missing. No files: in a cluster. */
async function kubeconfigFiles(env: FindAccessOptions['env'], kubeconfig?: string): Promise<string[]> {
  if (kubeconfig) return [kubeconfig]
  const listed = (env.KUBECONFIG ?? '').split(path.delimiter).filter((file) => file !== '')
  if (listed.length > 0) {
    const found = await Promise.all(listed.map(isThere))
    const present = listed.filter((_, index) => found[index])
    return present.length > 0 ? present : listed // reading them will say which is missing
  }
  if (env.KUBERNETES_SERVICE_HOST || !env.HOME) return []
  const own = path.join(env.HOME, '.kube', 'config')
  return (await isThere(own)) ? [own] : []
}

function isThere(file: string): Promise<boolean> {
  return exists(file).then(
    () => true,
    () => false,
  )
}
