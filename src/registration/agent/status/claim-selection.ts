import type { ManagedClusterClaim } from '../../../apis/cluster/v1.ts'
import type { KubeObject } from '../../../apis/meta/v1.ts'

/** Hides a claim from the hub. */
const SPOKE_ONLY_LABEL = 'open-cluster-management.io/spoke-only'

/** Always told to the hub. */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'id.k8s.io',
  'kubeversion.open-cluster-management.io',
  'platform.open-cluster-management.io',
  'product.open-cluster-management.io',
])

/** What the hub's API takes, in characters: one claim that it does not take would have it refuse the whole status. */
const LONGEST_NAME = 253
const LONGEST_VALUE = 1024

/** A ClusterClaim or a ClusterProperty. */
export interface ClaimObject extends KubeObject {
  readonly spec?: { readonly value?: string }
}

export interface ClaimSelectionOptions {
  readonly reservedSuffixes: readonly string[]
  /** Claims that are not reserved. */
  readonly mostCustom: number
}

export interface ClaimSelection {
  readonly claims: readonly ManagedClusterClaim[]
  /** Claims that are not reserved, told or not. */
  readonly customCount: number
  /** Names of claims that the hub would not take: without a value, or too long. */
  readonly unfit: readonly string[]
}

/**
 * What the hub is told of a cluster's claims: the reserved ones, then others, each sorted by name. Of a property and a claim of
 * the same name the property counts.
 */
export function selectClaims(
  { claims, properties }: { claims: readonly ClaimObject[]; properties: readonly ClaimObject[] },
  { reservedSuffixes, mostCustom }: ClaimSelectionOptions,
): ClaimSelection {
  const values = new Map<string, string>()
  for (const { metadata, spec } of [...claims, ...properties]) {
    const isHidden = Object.hasOwn(metadata.labels ?? {}, SPOKE_ONLY_LABEL)
    if (!isHidden && metadata.name) values.set(metadata.name, spec?.value ?? '')
  }
  const isReserved = (name: string) =>
    RESERVED_NAMES.has(name) || reservedSuffixes.some((suffix) => name.endsWith(suffix))
  const isFit = (name: string) => fits(name, LONGEST_NAME) && fits(values.get(name) ?? '', LONGEST_VALUE)
  const all = [...values.keys()].sort()
  const names = all.filter(isFit)
  const custom = names.filter((name) => !isReserved(name))
  const told = [...names.filter(isReserved), ...custom.slice(0, mostCustom)]
  return {
    claims: told.map((name) => ({ name, value: values.get(name) ?? '' })),
    customCount: custom.length,
    unfit: all.filter((name) => !isFit(name)),
  }
}

/** API servers count code points. */
function fits(text: string, longest: number): boolean {
  return text !== '' && (text.length <= longest || [...text].length <= longest)
}
