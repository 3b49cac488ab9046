import type { LabelSelector } from '../../apis/meta/v1.ts'

/**
 * An empty selector selects all. One with an operator that does not exist selects nothing: the API server lets none pass where
 * it knows that it is a selector, but in custom resources it does not.
 */
export function selects(
  { matchLabels, matchExpressions }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const labelOf = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  return (
    Object.entries(matchLabels ?? {}).every(([key, value]) => labelOf(key) === value) &&
    (matchExpressions ?? []).every(({ key, operator, values }) => {
      const value = labelOf(key)
      const isAmong = value !== undefined && (values ?? []).includes(value)
      switch (operator) {
        case 'In':
          return isAmong
        case 'NotIn':
          return !isAmong
        case 'Exists':
          return value !== undefined
        case 'DoesNotExist':
          return value === undefined
        default:
          return false
      }
    })
  )
}
