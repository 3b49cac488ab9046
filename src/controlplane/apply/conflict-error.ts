import { StatusError } from '../api/status.ts'
import { compareText } from './json-values.ts'
import type { Managers } from './managers.ts'
import type { Conflict } from './ownership.ts'
import { pathText } from './path-element.ts'

/** Says whose fields an apply would have changed. */
export function conflictError(conflicts: readonly Conflict[], managers: Managers): StatusError {
  const who = (id: string) => managerText(id, managers)
  const causes = conflicts.map(({ managerId, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who(managerId)}`,
    field: pathText(path),
  }))
  return new StatusError('Conflict', messageOf(conflicts, who), { causes })
}

function messageOf(conflicts: readonly Conflict[], who: (id: string) => string): string {
  const [first, ...more] = conflicts
  if (first && more.length === 0) {
    return `Apply failed with 1 conflict: conflict with ${who(first.managerId)}: ${pathText(first.path)}`
  }
  const byManager = Map.groupBy(conflicts, ({ managerId }) => managerId)
  const parts = [...byManager]
    .sort(([a], [b]) => compareText(a, b))
    .map(([id, theirs]) =>
      [`conflicts with ${who(id)}:`, ...theirs.map(({ path }) => `- ${pathText(path)}`)].join('\n'),
    )
  return `Apply failed with ${conflicts.length} conflicts: ${parts.join('\n')}`
}

function managerText(id: string, managers: Managers): string {
  const manager = managers.get(id)
  if (!manager) return JSON.stringify(id)
  const { name, operation, apiVersion, subresource } = manager
  return [
    JSON.stringify(name),
    ...(subresource === '' ? [] : [`with subresource ${JSON.stringify(subresource)}`]),
    ...(operation === 'Update' ? [`using ${apiVersion}`] : []),
  ].join(' ')
}
