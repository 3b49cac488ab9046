/** Where an element of the merged list comes from: a place in the live list, or one in the configured list. */
export interface MergedElement {
  readonly id: string
  readonly live?: number
  readonly config?: number
}

/**
 * The order of a list that is merged element by element: the configured elements keep the order of the configuration, and
 * what only the live list has keeps its own and stands, as far as that leaves room, where it stood before. The live
 * list may have several elements of one id, the configured one may not.
 */
export function mergeOrder(live: readonly string[], config: readonly string[]): MergedElement[] {
  const inLive = new Set(live)
  const inConfig = new Set(config)
  const shared = config.filter((id) => inLive.has(id)).values()
  const merged: MergedElement[] = []
  const placed = new Set<string>()
  let nextShared = shared.next().value
  let l = 0
  let c = 0

  while (l < live.length || c < config.length) {
    const liveId = live[l]
    const configId = config[c]
    const isBoth = liveId !== undefined && liveId === configId
    // A shared element whose turn has not come is taken with the configured list.
    const isEarly =
      liveId !== undefined &&
      configId !== undefined &&
      inConfig.has(liveId) &&
      nextShared !== undefined &&
      nextShared !== liveId
    if (!isBoth && isEarly) {
      l++
      continue
    }
    if (!isBoth && liveId !== undefined) {
      if (!inConfig.has(liveId)) {
        merged.push({ id: liveId, live: l++ })
        continue
      }
      if (placed.has(liveId)) l++
    }
    if (configId === undefined) continue
    merged.push({ id: configId, config: c++ })
    placed.add(configId)
    if (isBoth) l++
    if (isBoth || configId === nextShared) nextShared = shared.next().value
  }
  return merged
}
