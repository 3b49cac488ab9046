import type { PodTemplateSpec } from '../../apis/core/pod-template.ts'

export const TEMPLATE_HASH_LABEL = 'pod-template-hash'

/** Neither vowels nor digits that look like some: no words come of it (kubernetes, util/rand, SafeEncodeString). */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * Names a template in labels and in the names of ReplicaSets. The original takes FNV-1a of what Go prints of the template, ours
 * of its JSON, so that values differ between the two; but nobody compares them: a template's ReplicaSet is found by comparing
 * templates. `collisions` makes another hash of the same template, where the name was taken.
 */
export function templateHash(template: PodTemplateSpec, collisions?: number): string {
  const count = Buffer.alloc(collisions === undefined ? 0 : 8)
  if (collisions !== undefined) count.writeUInt32LE(collisions)
  let hash = FNV_OFFSET
  for (const byte of Buffer.concat([Buffer.from(templateText(template)), count])) {
    hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0
  }
  const digits = [...String(hash)]
  return digits.map((digit) => SAFE_ALPHABET[digit.charCodeAt(0) % SAFE_ALPHABET.length]).join('')
}

/** Whether two templates make the same pods; the label with their hash does not count. */
export function isSameTemplate(one: PodTemplateSpec, other: PodTemplateSpec): boolean {
  return templateText(one) === templateText(other)
}

/** The same for templates that are the same. */
function templateText({ metadata = {}, spec }: PodTemplateSpec): string {
  const labels = Object.entries(metadata.labels ?? {}).filter(([key]) => key !== TEMPLATE_HASH_LABEL)
  const annotations = Object.entries(metadata.annotations ?? {})
  const others = { ...metadata, labels: null, annotations: null, creationTimestamp: null }
  return canonicalJson([labels.sort(byKey), annotations.sort(byKey), others, spec ?? null])
}

/** Members in the order of their names, and without those that are null, which are as good as absent. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
    return Object.fromEntries(Object.entries(each).filter(isPresent).sort(byKey))
  })
}

function isPresent([, value]: [string, unknown]): boolean {
  return value !== null && value !== undefined
}

function byKey([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1
}
