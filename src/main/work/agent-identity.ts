import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../../common/errors.ts'
import type { WorkAgentConfig, WorkAgentOptions } from '../../work/agent/index.ts'

/**
 * Which cluster a work agent works for, and as whom. Without a flag for it, the cluster is the one that the registration agent has
 * registered. Its `agent-name` is no id of a work agent: it is another one after each registration, and what was applied belongs to an id.
 * Rejects with a ConfigError.
 */
export async function agentIdentity({
  spokeClusterName,
  agentId,
  hubKubeconfigDir,
}: Pick<WorkAgentConfig, 'spokeClusterName' | 'agentId' | 'hubKubeconfigDir'>): Promise<
  Pick<WorkAgentOptions, 'clusterName' | 'agentId'>
> {
  const clusterName = spokeClusterName || (await registeredName(path.join(hubKubeconfigDir, 'cluster-name')))
  if (!clusterName)
    throw new ConfigError(
      `it is not clear which cluster this is: give --spoke-cluster-name, or a file cluster-name in ${hubKubeconfigDir}`,
    )
  return { clusterName, ...(agentId && { agentId }) }
}

async function registeredName(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new ConfigError(`cannot read ${file}`, { cause: error })
  }
}
