/** What a taint means to Placements: no cluster with it, rather none with it, or no further one with it. */
export const TAINT_EFFECTS = ['NoSelect', 'PreferNoSelect', 'NoSelectIfNew'] as const

export type TaintEffect = (typeof TAINT_EFFECTS)[number]
