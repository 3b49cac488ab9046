import type {
  ConditionRule,
  FeedbackRule,
  ManifestConfigOption,
  ManifestResourceMeta,
  UpdateStrategy,
} from '../../apis/work/v1.ts'

/** What a ManifestWork's `manifestConfigs` say of one manifest. */
export interface ManifestConfig {
  readonly feedbackRules: readonly FeedbackRule[]
  readonly conditionRules: readonly ConditionRule[]
  /** Absent for `Update`. */
  readonly updateStrategy: UpdateStrategy | undefined
  readonly feedbackScrapeType: 'Poll' | 'Watch'
}

const NO_FEEDBACK: readonly FeedbackRule[] = []
const NO_CONDITIONS: readonly ConditionRule[] = []

/**
 * Of all that match, the first that says something about a field counts for it; only of the scrape type it is the last, since each
 * says something about it (ocm, helper.FindManifestConfiguration).
 */
export function manifestConfigOf(
  meta: ManifestResourceMeta,
  options: readonly ManifestConfigOption[] = [],
): ManifestConfig {
  const matching = options.filter(({ resourceIdentifier }) => matches(meta, resourceIdentifier))
  const feedbackRules = matching.find((each) => each.feedbackRules?.length)?.feedbackRules ?? NO_FEEDBACK
  const conditionRules = matching.find((each) => each.conditionRules?.length)?.conditionRules ?? NO_CONDITIONS
  const updateStrategy = matching.find((each) => each.updateStrategy)?.updateStrategy
  const saysAnything = feedbackRules.length > 0 || conditionRules.length > 0 || updateStrategy
  const feedbackScrapeType = (saysAnything && matching.at(-1)?.feedbackScrapeType) || 'Poll'
  return { feedbackRules, conditionRules, updateStrategy, feedbackScrapeType }
}

type Identifier = ManifestConfigOption['resourceIdentifier']

function matches(meta: ManifestResourceMeta, { group, resource, namespace, name }: Identifier): boolean {
  return (
    (meta.group ?? '') === (group ?? '') &&
    (meta.resource ?? '') === resource &&
    wildcardMatches(meta.namespace ?? '', namespace ?? '') &&
    wildcardMatches(meta.name ?? '', name)
  )
}

/** Whether a text is as a pattern says, in which each `*` stands for any characters but a line's end. */
export function wildcardMatches(text: string, pattern: string): boolean {
  if (text === pattern || pattern === '*') return true
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined || text.includes('\n')) return false
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > text.length - last.length) return false
    at = found + part.length
  }
  return true
}
