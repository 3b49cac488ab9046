import type { JsonValue } from '../api/json.ts'

/** What identifies an item of a merged list: its merge key's value, or the item itself. */
export type ItemKey = string | number | bigint | boolean

export type KeyOf = (item: JsonValue) => ItemKey

/**
 * Items in the order that is wanted for some of them. The others, which only the server has, keep the order that they have
 * there, and each comes right before the first wanted one that it came before there.
 */
export function arrange(
  items: readonly JsonValue[],
  keyOf: KeyOf,
  wantedKeys: readonly ItemKey[],
  serverKeys: readonly ItemKey[],
): JsonValue[] {
  const wantedRank = ranks(wantedKeys)
  const serverRank = ranks(serverKeys)
  const keyed = items.map((item) => ({ item, key: keyOf(item) }))
  const rankIn = (order: ReadonlyMap<ItemKey, number>, key: ItemKey) => order.get(key) ?? -1

  const wanted = keyed
    .filter(({ key }) => wantedRank.has(key))
    .sort((a, b) => rankIn(wantedRank, a.key) - rankIn(wantedRank, b.key))
  const others = keyed
    .filter(({ key }) => !wantedRank.has(key))
    .sort((a, b) => rankIn(serverRank, a.key) - rankIn(serverRank, b.key))

  const arranged: JsonValue[] = []
  let next = 0
  for (const { item, key } of wanted) {
    const rank = rankIn(serverRank, key)
    for (; next < others.length; next++) {
      const other = others[next]
      if (other === undefined || rank < 0) break
      const otherRank = serverRank.get(other.key)
      if (otherRank === undefined || otherRank >= rank) break
      arranged.push(other.item)
    }
    arranged.push(item)
  }
  return [...arranged, ...others.slice(next).map(({ item }) => item)]
}

/** The place of each key; of duplicates the first counts. */
function ranks(keys: readonly ItemKey[]): Map<ItemKey, number> {
  const places = new Map<ItemKey, number>()
  for (const [place, key] of keys.entries()) if (!places.has(key)) places.set(key, place)
  return places
}
