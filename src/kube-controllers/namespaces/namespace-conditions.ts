import type { Condition } from '../../apis/meta/v1.ts'
import { type NewCondition, setCondition } from '../../kube/index.ts'

/** What an attempt to empty a namespace has come upon. */
export interface DeletionFindings {
  /** Why not everything that the API serves is known. */
  readonly discoveryFailure: string | undefined
  /** What could not be deleted, and why. */
  readonly contentFailures: readonly string[]
  /** How many objects are left, by resource as `plural.group`. */
  readonly remaining: ReadonlyMap<string, number>
  /** How many objects each finalizer holds. */
  readonly finalizers: ReadonlyMap<string, number>
}

/**
 * The conditions of a namespace that is being deleted, in the words of kubernetes (pkg/controller/namespace/deletion). Returns
 * the same array when there is nothing to change.
 */
export function namespaceConditions(
  conditions: readonly Condition[] | undefined,
  findings: DeletionFindings,
  nowMs: number,
): readonly Condition[] {
  return conditionsOf(findings).reduce<readonly Condition[]>(
    (all, condition) => setCondition(all, condition, nowMs),
    conditions ?? [],
  )
}

function conditionsOf(findings: DeletionFindings): NewCondition[] {
  const { discoveryFailure, contentFailures, remaining, finalizers } = findings
  return [
    condition(
      'NamespaceDeletionDiscoveryFailure',
      discoveryFailure === undefined ? undefined : ['DiscoveryFailed', discoveryFailure],
      ['ResourcesDiscovered', 'All resources successfully discovered'],
    ),
    condition('NamespaceDeletionGroupVersionParsingFailure', undefined, [
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ]),
    condition(
      'NamespaceDeletionContentFailure',
      contentFailures.length === 0
        ? undefined
        : [
            'ContentDeletionFailed',
            `Failed to delete all resource types, ${contentFailures.length} remaining: ${joined(contentFailures)}`,
          ],
      ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    ),
    condition(
      'NamespaceContentRemaining',
      remaining.size === 0
        ? undefined
        : [
            'SomeResourcesRemain',
            `Some resources are remaining: ${joined(lines(remaining, (resource, count) => `${resource} has ${count} resource instances`))}`,
          ],
      ['ContentRemoved', 'All content successfully removed'],
    ),
    condition(
      'NamespaceFinalizersRemaining',
      finalizers.size === 0
        ? undefined
        : [
            'SomeFinalizersRemain',
            `Some content in the namespace has finalizers remaining: ${joined(lines(finalizers, (finalizer, count) => `${finalizer} in ${count} resource instances`))}`,
          ],
      ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
    ),
  ]
}

type Words = readonly [reason: string, message: string]

function condition(type: string, trouble: Words | undefined, ok: Words): NewCondition {
  const [reason, message] = trouble ?? ok
  return { type, status: trouble ? 'True' : 'False', reason, message }
}

function lines(counts: ReadonlyMap<string, number>, line: (name: string, count: number) => string): string[] {
  return Array.from(counts, ([name, count]) => line(name, count))
}

/** Sorted, so that the same findings make the same text. */
function joined(texts: readonly string[]): string {
  return texts.toSorted().join(', ')
}
