import { MANIFEST_CONDITION } from '../../apis/work/constants.ts'
import type { ManifestWork } from '../../apis/work/v1.ts'
import { findCondition } from '../../kube/client.ts'
import { red } from '../output/condition-text.ts'
import type { TreeNode } from '../output/tree.ts'
import type { Terminal } from '../terminal.ts'

/** The manifests of works as nodes, by resource and name: `<deployments>`, below it `<ns/name> applied`. */
export function manifestNodes(
  terminal: Pick<Terminal, 'outIsTerminal'>,
  works: readonly ManifestWork[],
): TreeNode[] {
  const byResource = new Map<string, TreeNode[]>()
  for (const { status } of works) {
    for (const { resourceMeta, conditions } of status?.resourceStatus?.manifests ?? []) {
      const { resource = '', namespace, name = '' } = resourceMeta ?? {}
      const applied = findCondition(conditions, MANIFEST_CONDITION.applied)
      const value = applied
        ? applied.status === 'True'
          ? 'applied'
          : red(terminal, 'not-applied')
        : 'unknown'
      const nodes = byResource.get(resource) ?? []
      nodes.push({ name: namespace ? `${namespace}/${name}` : name, value })
      byResource.set(resource, nodes)
    }
  }
  return [...byResource]
    .sort(byName)
    .map(([name, children]) => ({ name, children: children.sort(byNodeName) }))
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1
}

function byNodeName(one: TreeNode, other: TreeNode): number {
  return one.name < other.name ? -1 : 1
}
