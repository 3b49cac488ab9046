import { isDeepStrictEqual } from 'node:util'

/**
 * A merge patch (RFC 7386) that makes one object of the other, at its first two levels; undefined when they are the same.
 * Members that are gone are null. A member that is empty is no change where there was none: Go's types leave both out.
 */
export function mergePatch(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const changes = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [before[name], after[name]]
    if (isDeepStrictEqual(was, is) || (was === undefined && isEmpty(is))) return []
    if (isRecord(was) && isRecord(is)) return [[name, mergePatch(was, is)]]
    return [[name, is === undefined ? null : is]]
  })
  return changes.length === 0 ? undefined : Object.fromEntries(changes)
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
