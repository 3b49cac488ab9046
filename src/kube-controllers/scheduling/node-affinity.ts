import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../apis/core/v1.ts'

/** Whether the node is one that the Pod wants, by its `nodeSelector` and its required node affinity. */
export function isWanted(node: Node, { spec = {} }: Pod): boolean {
  const labels = new Map(Object.entries(node.metadata.labels ?? {}))
  const isSelected = Object.entries(spec.nodeSelector ?? {}).every(
    ([key, value]) => labels.get(key) === value,
  )
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return isSelected && (!required || required.nodeSelectorTerms.some((term) => isMatched(term, node, labels)))
}

function isMatched(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { metadata }: Node,
  labels: ReadonlyMap<string, string>,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  const fields = new Map([['metadata.name', metadata.name ?? '']])
  return (
    matchExpressions.every((requirement) => holds(requirement, labels)) &&
    matchFields.every((requirement) => holds(requirement, fields))
  )
}

function holds(
  { key, operator, values = [] }: NodeSelectorRequirement,
  given: ReadonlyMap<string, string>,
): boolean {
  const value = given.get(key)
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0])
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0])
    default:
      return false
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^-?\d+$/.test(text)
}
