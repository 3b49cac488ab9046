import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import { labelProblems } from '../../common/name-rules.ts'

/** What is wrong with a ManagedCluster itself, in one text; undefined when nothing is. */
export function shapeProblem({ metadata, spec }: ManagedCluster): string | undefined {
  const problems: string[] = []
  const nameProblems = labelProblems(metadata.name ?? '') // a namespace is named after it
  if (nameProblems.length > 0) problems.push(`metadata.name format is not correct: ${nameProblems.join(',')}`)
  for (const { url } of spec?.managedClusterClientConfigs ?? []) {
    if (!isHttpsUrl(url)) problems.push(`url ${JSON.stringify(url)} is invalid in client configs`)
  }
  return problems.length === 0 ? undefined : problems.sort().join('\n')
}

function isHttpsUrl(url: string): boolean {
  return /^https:\/\//i.test(url) && URL.canParse(url)
}
