import { isDeepStrictEqual } from 'node:util'
import type { Endpoint, EndpointPort, EndpointSlice } from '../../apis/discovery/v1.ts'
import type { ObjectMeta } from '../../apis/meta/v1.ts'

/** What is to be done so that slices are as they should be. Updated slices are those that were there, with their metadata. */
export interface SlicePlan {
  readonly create: readonly EndpointSlice[]
  readonly update: readonly EndpointSlice[]
  readonly remove: readonly EndpointSlice[]
}

/** A slice without endpoints, and the endpoints that are to be in such slices. */
export interface WantedSlices {
  /** With its labels, owner and `generateName`. */
  readonly template: EndpointSlice
  readonly endpoints: readonly Endpoint[]
}

/** Slices are interchangeable when they have these in common. */
export function slicesKey({ addressType, ports }: Pick<EndpointSlice, 'addressType' | 'ports'>): string {
  return JSON.stringify([addressType, (ports ?? []).map(portText).toSorted()])
}

function portText({ name = '', port, protocol, appProtocol }: EndpointPort): string {
  return JSON.stringify([name, port, protocol, appProtocol])
}

/**
 * The least to be written: endpoints stay in the slice where they are, others go first into slices that are written anyway, then
 * into one that has room for all of them, and else into new ones (k8s.io/endpointslice).
 */
export function planSlices(
  { template, endpoints }: WantedSlices,
  existing: readonly EndpointSlice[],
  most: number,
): SlicePlan {
  const left = new Map(endpoints.map((endpoint) => [endpointId(endpoint), endpoint]))
  const slices = existing.map((slice) => keeping(slice, left, template))
  const remove = slices
    .filter(({ endpoints: kept, slice }) => isEmptied(slice, kept))
    .map(({ slice }) => slice)
  const kept = slices.filter(({ slice }) => !remove.includes(slice))
  const fullestFirst = kept
    .filter(({ isChanged }) => isChanged)
    .toSorted((one, other) => other.endpoints.length - one.endpoints.length)
  for (const slice of fullestFirst) slice.endpoints.push(...taken(left, most - slice.endpoints.length))
  const roomy = kept
    .filter(({ isChanged, endpoints: { length } }) => !isChanged && length + left.size <= most)
    .toSorted((one, other) => other.endpoints.length - one.endpoints.length)[0]
  if (roomy && left.size > 0) {
    roomy.endpoints.push(...taken(left, most))
    roomy.isChanged = true
  }
  const create: EndpointSlice[] = []
  while (left.size > 0) create.push({ ...template, endpoints: taken(left, most) })
  const update = kept
    .filter(({ isChanged }) => isChanged)
    .map(({ slice, endpoints: those }) => rewritten(slice, { ...template, endpoints: those }))
  return { create, update, remove }
}

/** A slice that would go is made one that would come, where their kind of addresses is the same. */
export function recycled({ create, update, remove }: SlicePlan): SlicePlan {
  const removed = [...remove]
  const created: EndpointSlice[] = []
  const updated = [...update]
  for (const slice of create) {
    const index = removed.findIndex(({ addressType }) => addressType === slice.addressType)
    const [old] = index < 0 ? [] : removed.splice(index, 1)
    if (old) updated.push(rewritten(old, slice))
    else created.push(slice)
  }
  return { create: created, update: updated, remove: removed }
}

/** A slice with the content of another, under its own name. Annotations are left where the other has none. */
export function rewritten(slice: EndpointSlice, content: EndpointSlice): EndpointSlice {
  const { labels, annotations, ownerReferences } = content.metadata
  const wanted: ObjectMeta = {
    ...slice.metadata,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(ownerReferences && { ownerReferences }),
  }
  return { ...slice, ...content, metadata: wanted }
}

interface SliceInWork {
  readonly slice: EndpointSlice
  readonly endpoints: Endpoint[]
  isChanged: boolean
}

/** The slice with those of its endpoints that are wanted, which are taken out of `left`. */
function keeping(slice: EndpointSlice, left: Map<string, Endpoint>, template: EndpointSlice): SliceInWork {
  const { labels = {}, annotations } = slice.metadata
  let isChanged = !isDeepStrictEqual(labels, template.metadata.labels ?? {})
  if (template.metadata.annotations)
    isChanged ||= !isDeepStrictEqual(annotations ?? {}, template.metadata.annotations)
  const endpoints: Endpoint[] = []
  for (const endpoint of slice.endpoints ?? []) {
    const id = endpointId(endpoint)
    const wanted = left.get(id)
    left.delete(id)
    if (wanted) endpoints.push(wanted)
    if (!wanted || !isDeepStrictEqual(stateOf(wanted), stateOf(endpoint))) isChanged = true
  }
  return { slice, endpoints, isChanged }
}

/** One that was empty before has another purpose: to be there. */
function isEmptied({ endpoints }: EndpointSlice, kept: readonly Endpoint[]): boolean {
  return kept.length === 0 && (endpoints?.length ?? 0) > 0
}

function taken(left: Map<string, Endpoint>, most: number): Endpoint[] {
  const entries = [...left].slice(0, Math.max(most, 0))
  for (const [id] of entries) left.delete(id)
  return entries.map(([, endpoint]) => endpoint)
}

/** The same endpoint, whatever its state. */
function endpointId({ addresses, hostname = '', targetRef }: Endpoint): string {
  return JSON.stringify([addresses, hostname, targetRef?.namespace, targetRef?.name])
}

function stateOf({ conditions = {}, nodeName, zone, targetRef }: Endpoint): unknown {
  const { ready, serving, terminating } = conditions
  return [ready, serving, terminating, nodeName, zone, targetRef?.kind, targetRef?.uid]
}
