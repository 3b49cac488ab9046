import { isDeepStrictEqual } from 'node:util'
import type { ObjectMeta } from '../../apis/meta/v1.ts'
import type { Manifest } from './manifest.ts'

/** Whoever adds a label to these changes what is selected, so that they are the same or not; other maps may have more than is wanted. */
const EXACT_MAPS: ReadonlySet<string> = new Set(['selector', 'matchLabels', 'nodeSelector'])

/** A key of wanted labels or annotations that ends so stands for the key without it, which is to go (as in library-go). */
const REMOVAL = '-'

/**
 * Whether a value has all that is wanted of it. A map may have more fields, which the server has filled in or somebody else owns;
 * a list has as many elements as wanted, each as wanted. What is empty may be absent: servers written in Go leave it out.
 */
export function covers(existing: unknown, wanted: unknown, name = ''): boolean {
  if (existing === undefined && isEmpty(wanted)) return true
  if (Array.isArray(wanted)) {
    const elements: readonly unknown[] = Array.isArray(existing) ? existing : []
    return (
      elements.length === wanted.length && wanted.every((element, index) => covers(elements[index], element))
    )
  }
  if (!isMap(wanted)) return isDeepStrictEqual(existing ?? null, wanted ?? null)
  if (!isMap(existing)) return false
  if (EXACT_MAPS.has(name) && Object.keys(existing).length !== Object.keys(wanted).length) return false
  return Object.entries(wanted).every(
    ([key, value]) =>
      value === undefined || covers(Object.hasOwn(existing, key) ? existing[key] : undefined, value, key),
  )
}

/** Whether labels and annotations are as wanted. */
export function coversMetadata(existing: ObjectMeta, wanted: ObjectMeta): boolean {
  return (['labels', 'annotations'] as const).every((field) =>
    isDeepStrictEqual({ ...existing[field] }, mergeEntries(existing[field], wanted[field])),
  )
}

/** What the object says beside its metadata. */
export function contentOf({
  apiVersion: _,
  kind: __,
  metadata: ___,
  ...content
}: Manifest): Record<string, unknown> {
  return content
}

/** The existing object, which somebody may have added to, with the wanted labels, annotations and content. */
export function merged(existing: Manifest, wanted: Manifest): Manifest {
  const content = contentOf(wanted)
  return {
    ...existing,
    // a Service keeps what it was given: its address and ports of nodes
    ...(wanted.kind === 'Service' ? (overlaid(contentOf(existing), content) as object) : content),
    metadata: {
      ...existing.metadata,
      ...entries('labels', existing.metadata, wanted.metadata),
      ...entries('annotations', existing.metadata, wanted.metadata),
    },
  }
}

/** As it is created: nothing is there yet to be removed. */
export function created(wanted: Manifest): Manifest {
  const metadata = {
    ...wanted.metadata,
    ...entries('labels', {}, wanted.metadata),
    ...entries('annotations', {}, wanted.metadata),
  }
  return { ...wanted, metadata }
}

function entries(
  field: 'labels' | 'annotations',
  existing: ObjectMeta,
  wanted: ObjectMeta,
): Partial<Pick<ObjectMeta, 'labels' | 'annotations'>> {
  return wanted[field] ? { [field]: mergeEntries(existing[field], wanted[field]) } : {}
}

function mergeEntries(
  existing: Readonly<Record<string, string>> = {},
  wanted: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const result = new Map(Object.entries(existing))
  for (const [key, value] of Object.entries(wanted)) {
    if (key.endsWith(REMOVAL)) result.delete(key.slice(0, -REMOVAL.length))
    else result.set(key, value)
  }
  return Object.fromEntries(result)
}

function overlaid(existing: unknown, wanted: unknown, name = ''): unknown {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(existing) || existing.length !== wanted.length) return wanted
    return wanted.map((element, index) => overlaid(existing[index], element))
  }
  if (!isMap(wanted) || !isMap(existing) || EXACT_MAPS.has(name)) return wanted
  const result = { ...existing }
  for (const [key, value] of Object.entries(wanted)) result[key] = overlaid(existing[key], value, key)
  return result
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isMap(value)) return Object.values(value).every(isEmpty)
  return value === undefined || value === null || value === false || value === '' || value === 0
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
