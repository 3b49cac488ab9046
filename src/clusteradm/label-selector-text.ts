import type { LabelSelector } from '../apis/meta/v1.ts'

/** A selector as a query parameter has it; empty for one that selects all. */
export function labelSelectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const equal = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const others = (matchExpressions ?? []).map(({ key, operator, values }) => {
    switch (operator) {
      case 'In':
        return `${key} in (${(values ?? []).join(',')})`
      case 'NotIn':
        return `${key} notin (${(values ?? []).join(',')})`
      case 'Exists':
        return key
      case 'DoesNotExist':
        return `!${key}`
      default:
        throw new Error(`no such operator: ${operator satisfies never}`)
    }
  })
  return [...equal, ...others].join(',')
}
