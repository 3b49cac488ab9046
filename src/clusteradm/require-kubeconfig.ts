import { access } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../common/errors.ts'
import type { Terminal } from './terminal.ts'

/** Rejects with a ConfigError where nothing says which cluster is meant: no flag, no variable, no file, and no Pod around us. */
export async function requireKubeconfig({ env }: Pick<Terminal, 'env'>, kubeconfig: string): Promise<void> {
  if (kubeconfig || env.KUBECONFIG || env.KUBERNETES_SERVICE_HOST) return
  const own = path.join(env.HOME ?? '~', '.kube', 'config')
  try {
    await access(own)
  } catch (error) {
    throw new ConfigError(
      `there is no kubeconfig: ${own} does not exist, and neither --kubeconfig nor $KUBECONFIG names one`,
      { cause: error },
    )
  }
}
