import type { LabelSelector } from '../../apis/meta/v1.ts'

/** The API server lets no selector pass that makes no sense. An empty one selects all. */
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
      if (operator === 'In') return isAmong
      if (operator === 'NotIn') return !isAmong
      return (operator === 'Exists') === (value !== undefined)
    })
  )
}
