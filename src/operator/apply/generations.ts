import type { GenerationStatus } from '../../apis/operator/v1.ts'
import { definitionOf, type Manifest } from './manifest.ts'

/** The generation of an object when it was applied last, as the status of an operator's object says. */
export function lastGenerationOf(
  generations: readonly GenerationStatus[] | undefined,
  manifest: Manifest,
): number | undefined {
  const wanted = generationOf(manifest)
  return generations?.find((each) => isSameObject(each, wanted))?.lastGeneration
}

/** The generations with that of an object that has just been applied; the same array if it is among them. */
export function withGeneration(
  generations: readonly GenerationStatus[] = [],
  applied: Manifest,
): readonly GenerationStatus[] {
  const added = generationOf(applied)
  const existing = generations.find((each) => isSameObject(each, added))
  if (!existing) return [...generations, added]
  if (existing.lastGeneration === added.lastGeneration) return generations
  return generations.map((each) => (each === existing ? added : each))
}

/** The generations without that of an object that is wanted no longer. */
export function withoutGeneration(
  generations: readonly GenerationStatus[] = [],
  manifest: Manifest,
): readonly GenerationStatus[] {
  const removed = generationOf(manifest)
  return generations.some((each) => isSameObject(each, removed))
    ? generations.filter((each) => !isSameObject(each, removed))
    : generations
}

function generationOf(manifest: Manifest): GenerationStatus {
  const { group, version, plural: resource } = definitionOf(manifest)
  const { namespace = '', name = '', generation = 0 } = manifest.metadata
  return { group, version, resource, namespace, name, lastGeneration: generation }
}

function isSameObject(one: GenerationStatus, other: GenerationStatus): boolean {
  return (
    one.group === other.group &&
    one.version === other.version &&
    one.resource === other.resource &&
    (one.namespace ?? '') === (other.namespace ?? '') &&
    one.name === other.name
  )
}
