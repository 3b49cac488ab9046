import { randomInt, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Secret } from '../../apis/core/v1.ts'
import { ConfigError } from '../../common/errors.ts'
import { labelProblems } from '../../common/name-rules.ts'
import { AGENT_NAME_KEY, CLUSTER_NAME_KEY } from './hub-kubeconfig.ts'
import { secretText } from './secret-data.ts'

const NAME_LENGTH = 5
/** Kubernetes' own, in which no words can be spelled. */
const NAME_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789'

export interface AgentNames {
  readonly clusterName: string
  readonly agentName: string
}

interface NameSources {
  /** What was asked for; empty for nothing. */
  readonly wanted: AgentNames
  /** Whether the agent's name from before counts more than `wanted`, where it is of the same cluster. @default false */
  readonly keepsAgentName?: boolean
  readonly secret: Secret | undefined
  /** Files of a Secret that is gone. */
  readonly dir: string | undefined
}

/** The names of the cluster and agent: those that were asked for, those from before, or new ones. Throws a ConfigError. */
export async function findAgentNames({
  wanted,
  keepsAgentName = false,
  secret,
  dir,
}: NameSources): Promise<AgentNames> {
  const earlier = async (key: string) => secretText(secret, key) || (await fileIn(dir, key))
  const earlierCluster = await earlier(CLUSTER_NAME_KEY)
  const clusterName = wanted.clusterName || earlierCluster || randomUUID()
  const earlierAgent = await earlier(AGENT_NAME_KEY)
  const kept = keepsAgentName && earlierCluster === clusterName ? earlierAgent : undefined
  const agentName = kept || wanted.agentName || earlierAgent || randomName()
  const [problem] = labelProblems(clusterName)
  if (problem) throw new ConfigError(`the name of the cluster, ${JSON.stringify(clusterName)}: ${problem}`)
  return { clusterName, agentName }
}

async function fileIn(dir: string | undefined, name: string): Promise<string | undefined> {
  return dir === undefined ? undefined : readFile(path.join(dir, name), 'utf8').catch(() => undefined)
}

function randomName(): string {
  return Array.from({ length: NAME_LENGTH }, () => NAME_CHARACTERS[randomInt(NAME_CHARACTERS.length)]).join(
    '',
  )
}
